"""Emptying the outbox."""

from __future__ import annotations

import logging
import smtplib
import time
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from vasite.mail.limits import hold_and_release
from vasite.mail.models import RETRY_PAUSES, OutgoingMail
from vasite.retention import RETENTION
from vasite.serving.queue import enqueue_once
from vasite.serving.slices import delete_in_slices

AT_ONCE = 200
logger = logging.getLogger("vasite.event")


@task(priority=10)
def deliver_due() -> int:
    """Sends the mails that are due and gives how many were sent; without EMAIL_URL, none.

    Of many it sends the first AT_ONCE, for SLICE_SECONDS, and leaves the others to the next task.

    A mail is marked "sending" before the server is spoken to. One found so afterwards was
    stopped half-way: whether it went out is unknown, so it is never sent again by itself.
    """
    set_interrupted_aside()
    if not settings.MAIL_TRANSPORT:
        return 0
    hold_and_release()
    sent, until = 0, time.monotonic() + settings.SLICE_SECONDS
    due = OutgoingMail.objects.due(timezone.now()).order_by("send_after", "pk")
    for mail in due[:AT_ONCE]:
        is_overdue = mail.is_overdue
        claimed = (
            OutgoingMail.objects.due(timezone.now())
            .filter(pk=mail.pk)
            .update(
                status=OutgoingMail.Status.SENDING,
                send_after=timezone.now(),
                counted_at=timezone.now() if mail.rate_limit else None,
                attempts=mail.attempts + 1,
            )
        )
        if claimed:
            mail.attempts += 1
            sent += deliver(mail, is_overdue=is_overdue)
        if time.monotonic() >= until:
            break
    if OutgoingMail.objects.due(timezone.now()).exists():
        # Before images, but not before everything: a slow mail server would stop the rest
        enqueue_once(deliver_due.using(priority=0))
    return sent


@task()
def delete_delivered() -> int:
    """Delete the emails that were delivered, refused or cancelled long enough ago, and return their
    number.

    What may still go out stays until somebody decides on it.
    """
    now, statuses = timezone.now(), OutgoingMail.Status
    ended = OutgoingMail.objects.filter(
        Q(status=statuses.SENT, sent_at__lt=now - RETENTION["sent_emails"].period)
        | Q(
            status__in=[statuses.FAILED, statuses.CANCELLED],
            send_after__lt=now - RETENTION["unsent_emails"].period,
        )
    )
    return delete_in_slices(delete_delivered, ended)


def set_interrupted_aside() -> None:
    """Marks as unsure what has been "sending" for longer than any server takes."""
    OutgoingMail.objects.filter(
        status=OutgoingMail.Status.SENDING,
        send_after__lt=timezone.now() - timedelta(minutes=2),
    ).update(status=OutgoingMail.Status.UNSURE)


def deliver(mail: OutgoingMail, *, is_overdue: bool = False) -> bool:
    """Send an email and store the mail server's answer; return whether it was taken.

    One that has lost its use is not sent, and an overdue one waits for the owner's word. Whatever
    is wrong with an email, it never stops the others: it waits alone, ever longer.
    """
    try:
        if not mail.is_needed:
            mail.status, mail.answer = OutgoingMail.Status.CANCELLED, "It is no longer needed"
        elif is_overdue:
            mail.status, mail.attempts = OutgoingMail.Status.OVERDUE, 0
        else:
            if not transport().send_messages([mail.as_message()]):
                raise ValueError("It has no recipient")
            mail.status, mail.sent_at, mail.answer = OutgoingMail.Status.SENT, timezone.now(), ""
            logger.info("Mail %d was sent", mail.pk)
    except Exception as error:
        mail.answer = describe_failure(error)
        is_final = is_hard_failure(error) or mail.attempts > len(RETRY_PAUSES)
        if is_final:
            mail.status = OutgoingMail.Status.FAILED
        else:
            mail.status = OutgoingMail.Status.WAITING
            mail.send_after = timezone.now() + RETRY_PAUSES[mail.attempts - 1]
        logger.warning("Mail %d was not taken: %s", mail.pk, type(error).__name__)
    # An update: the owner may have deleted it meanwhile
    OutgoingMail.objects.filter(pk=mail.pk).update(
        status=mail.status,
        send_after=mail.send_after,
        sent_at=mail.sent_at,
        attempts=mail.attempts,
        answer=mail.answer,
    )
    return mail.status == OutgoingMail.Status.SENT


def transport() -> BaseEmailBackend:
    """Gives the connection that EMAIL_URL names."""
    config = settings.MAIL_TRANSPORT
    return get_connection(
        config["EMAIL_BACKEND"],
        host=config["EMAIL_HOST"],
        port=config.get("EMAIL_PORT"),
        username=config.get("EMAIL_HOST_USER"),
        password=config.get("EMAIL_HOST_PASSWORD"),
        use_tls=config.get("EMAIL_USE_TLS", False),
        use_ssl=config.get("EMAIL_USE_SSL", False),
        timeout=20,
    )


def is_hard_failure(error: Exception) -> bool:
    """Tells whether trying again can't help: a 5xx answer (RFC 5321, 4.2.1).

    A refused login is soft: the operator mends the password and the mails still go out.
    """
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    if isinstance(error, ValidationError):  # an address to which nothing can be sent
        return True
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return False


def describe_failure(error: Exception) -> str:
    """Gives the server's own words."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = {
            f"{code} {text.decode('utf-8', 'replace')}" for code, text in error.recipients.values()
        }
        return "; ".join(sorted(answers))
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return f"{error.smtp_code} {words}"
    return f"{type(error).__name__}: {error}"
