"""What the worker does for the enquiries."""

from __future__ import annotations

from django_tasks import task

from contact.answering import note_what_was_sent, send_reminders


@task()
def remind() -> int:
    """Send the reminders that are due and return their number; note which emails were sent."""
    note_what_was_sent()
    return send_reminders()
