"""What the worker does for the enquiries."""

from __future__ import annotations

from django_tasks import task

from contact.answering import send_reminders


@task()
def remind() -> int:
    """Sends the reminders that are due and gives their number."""
    return send_reminders()
