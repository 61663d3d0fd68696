"""The mailbox to which mail servers send back what they can't deliver."""

from __future__ import annotations

import imaplib
import logging

from django.conf import settings
from imap_tools import AND, ImapToolsError, MailBox, MailBoxUnencrypted, MailMessageFlags

from newsletter.returning import take_report
from vasite.environment import Mailbox

TIMEOUT = 30  # seconds
AT_ONCE = 500  # mails; the next turn takes the next
LARGEST = 1_000_000  # bytes; no report is larger
logger = logging.getLogger("vasite.event")


def read() -> int:
    """Takes the reports among the unread mails; gives their number.

    A report is marked as read. Whatever else is there stays unread and gets a star: a person's
    answer, or a report that can't be read. Nothing is deleted.
    """
    if settings.BOUNCE_MAILBOX is None:
        return 0
    try:
        reports, others = _read(settings.BOUNCE_MAILBOX)
    except (OSError, ImapToolsError, imaplib.IMAP4.error) as error:
        logger.warning("BOUNCE_MAILBOX_URL can't be read: %s", error)
        return 0
    if reports or others:
        logger.info("Returned letters: %d read, %d left with a star", reports, others)
    return reports


def _read(place: Mailbox) -> tuple[int, int]:
    """Gives how many mails were reports, and how many were not."""
    kind = MailBox if place.is_encrypted else MailBoxUnencrypted
    reports, others = [], []
    with kind(place.host, place.port, timeout=TIMEOUT).login(
        place.user, place.password, place.folder
    ) as mailbox:
        unread = AND(seen=False, flagged=False, size_lt=LARGEST)
        for mail in mailbox.fetch(unread, limit=AT_ONCE, mark_seen=False, bulk=50):
            (reports if take_report(mail.obj) else others).append(mail.uid)
        mailbox.flag(reports, MailMessageFlags.SEEN, True)
        mailbox.flag(others, MailMessageFlags.FLAGGED, True)
    return len(reports), len(others)
