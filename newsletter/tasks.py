"""What the worker does for the readers."""

from __future__ import annotations

from django_tasks import task

from newsletter import (
    announcing,
    following,
    importing,
    mailbox,
    returning,
    sending,
    subscribing,
)


@task()
def follow_up() -> int:
    """Tells those who follow a thread of what became public in it."""
    return following.follow_up()


@task()
def forget_unconfirmed() -> int:
    """Deletes the addresses that were never confirmed, lists that were never taken in, and old
    reports that could not be read."""
    return subscribing.forget_unconfirmed() + importing.forget_files() + returning.forget_reports()


@task()
def take_in(key: int) -> int:
    """Takes in a list of subscribers."""
    return importing.take_in(key)


@task(priority=-10)
def send_campaigns() -> int:
    """Begins what is due by itself, and sends for a moment; then other work has its turn."""
    announcing.announce()
    return sending.send_due()


@task()
def read_mailbox() -> int:
    """Reads what mail servers sent back."""
    return mailbox.read()
