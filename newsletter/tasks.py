"""What the worker does for the readers."""

from __future__ import annotations

from django_tasks import task

from newsletter import following, sending, subscribing


@task()
def follow_up() -> int:
    """Tells those who follow a thread of what became public in it."""
    return following.follow_up()


@task()
def forget_unconfirmed() -> int:
    """Deletes the addresses that were never confirmed."""
    return subscribing.forget_unconfirmed()


@task(priority=-10)
def send_campaigns() -> int:
    """Sends letters for a moment, then lets other work have its turn."""
    return sending.send_due()
