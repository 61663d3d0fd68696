"""The mailbox to which mail servers send back what they can't deliver."""

from __future__ import annotations

import imaplib
import logging
import time
from email.errors import MessageError
from email.message import Message
from typing import Any

from django.conf import settings
from imap_tools import (
    AND,
    ImapToolsError,
    MailBox,
    MailBoxUnencrypted,
    MailMessage,
    MailMessageFlags,
)

from newsletter.returning import take_report
from vasite.environment import Mailbox

TIMEOUT = 30  # seconds
AT_ONCE = 500  # mails; the next turn takes the next
LARGEST = 1_000_000  # bytes; no report is larger
# What the standard library raises over broken headers, encodings and nesting
UNREADABLE = (
    MessageError,
    *(ValueError, LookupError, TypeError, AttributeError, RecursionError),
)
logger = logging.getLogger("vasite.event")


class Mail(MailMessage):
    """A mail that is empty if it can't be parsed: imap_tools parses while it fetches, where an
    exception would keep all others from being read, at every turn."""

    def __init__(self, fetch_data: list[Any]) -> None:
        try:
            super().__init__(fetch_data)
        except UNREADABLE:
            self.obj = Message()


def read() -> int:
    """Takes the reports among the unread mails; gives their number.

    A report is marked as read. Whatever else is there stays unread and gets a star: a person's
    answer, or a report that can't be read. Nothing is deleted. Raises what keeps it from the
    mailbox: the owner is told of a task that keeps failing.
    """
    if settings.BOUNCE_MAILBOX is None:
        return 0
    try:
        reports, others = _read(settings.BOUNCE_MAILBOX)
    except (OSError, ImapToolsError, imaplib.IMAP4.error) as error:
        logger.warning("BOUNCE_MAILBOX_URL can't be read: %s", error)
        raise
    if reports or others:
        logger.info("Returned letters: %d read, %d left with a star", reports, others)
    return reports


def _read(place: Mailbox) -> tuple[int, int]:
    """Gives how many mails were reports, and how many were not."""
    kind = MailBox if place.is_encrypted else MailBoxUnencrypted
    reports, others = [], []
    until = time.monotonic() + settings.SLICE_SECONDS  # the next turn takes the rest
    with kind(place.host, place.port, timeout=TIMEOUT).login(
        place.user, place.password, place.folder
    ) as mailbox:
        mailbox.email_message_class = Mail
        unread = AND(seen=False, flagged=False, size_lt=LARGEST)
        for mail in mailbox.fetch(unread, limit=AT_ONCE, mark_seen=False, bulk=50):
            (reports if is_taken(mail.obj) else others).append(mail.uid)
            if time.monotonic() >= until:
                break
        mailbox.flag(reports, MailMessageFlags.SEEN, True)
        mailbox.flag(others, MailMessageFlags.FLAGGED, True)
    return len(reports), len(others)


def is_taken(message: Message) -> bool:
    """Take a report and tell whether it was one; a message that is beyond reading is none."""
    try:
        return take_report(message)
    except UNREADABLE:
        logger.exception("A message in the mailbox can't be read")
        return False
