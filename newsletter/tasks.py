"""What the worker does for the readers."""

from __future__ import annotations

from django_tasks import task

from newsletter import following


@task()
def follow_up() -> int:
    """Tells those who follow a thread of what became public in it."""
    return following.follow_up()
