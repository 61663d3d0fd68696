"""What the worker does for the readers."""

from __future__ import annotations

from django.conf import settings
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
from vasite.serving.queue import enqueue_once
from vasite.serving.slices import delete_in_slices, for_each_in_slices


@task()
def follow_up(after: int = 0) -> None:
    """Tell those who follow a thread of what became public in it, once."""
    for_each_in_slices(
        follow_up,
        after,
        "Emails about replies to comments",
        following.unannounced(),
        following.follow_up_on,
    )


@task()
def forget_unconfirmed() -> int:
    """Deletes the addresses that were never confirmed, lists that were never taken in, and old
    reports that could not be read."""
    return delete_in_slices(
        forget_unconfirmed,
        subscribing.unconfirmed(),
        following.unconfirmed(),
        importing.old_files(),
        returning.old_reports(),
    )


@task()
def take_in() -> None:
    """Take in the lists of subscribers that were begun, for SLICE_SECONDS at a time. By the clock,
    too: one that a locked database broke off then goes on.
    """
    if importing.take_in_begun(settings.SLICE_SECONDS):
        enqueue_once(take_in)


@task(priority=-5)
def send_campaigns() -> int:
    """Begins what is due by itself, and sends for a moment; then other work has its turn."""
    announcing.announce()
    return sending.send_due()


@task()
def read_mailbox() -> int:
    """Reads what mail servers sent back."""
    return mailbox.read()
