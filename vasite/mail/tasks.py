"""Emptying the outbox."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from django_tasks import task

from vasite.mail.models import RETRY_PAUSES, OutgoingMail
from vasite.serving.queue import enqueue_once

AT_ONCE = 200
logger = logging.getLogger("vasite.event")


@task(priority=10)
def deliver_due() -> int:
    """Sends the mails that are due and gives how many were sent; without EMAIL_URL, none.

    Of many it sends the first AT_ONCE and leaves the others to the next task.

    A mail is marked "sending" before the server is spoken to. One found so afterwards was
    stopped half-way: whether it went out is unknown, so it is never sent again by itself.
    """
    set_interrupted_aside()
    if not settings.MAIL_TRANSPORT:
        return 0
    sent = 0
    due = OutgoingMail.objects.due(timezone.now()).order_by("send_after", "pk")
    for mail in due[:AT_ONCE]:
        claimed = (
            OutgoingMail.objects.filter(pk=mail.pk)
            .waiting()
            .update(
                status=OutgoingMail.Status.SENDING,
                send_after=timezone.now(),
                attempts=mail.attempts + 1,
            )
        )
        if claimed:
            mail.attempts += 1
            sent += deliver(mail)
    if OutgoingMail.objects.due(timezone.now()).exists():
        enqueue_once(deliver_due)
    return sent


def set_interrupted_aside() -> None:
    """Marks as unsure what has been "sending" for longer than any server takes."""
    OutgoingMail.objects.filter(
        status=OutgoingMail.Status.SENDING,
        send_after__lt=timezone.now() - timedelta(minutes=2),
    ).update(status=OutgoingMail.Status.UNSURE)


def deliver(mail: OutgoingMail) -> bool:
    """Speaks to the mail server and keeps its answer; tells whether it took the mail."""
    try:
        transport().send_messages([mail.as_message()])
    except (smtplib.SMTPException, OSError) as error:
        mail.answer = describe_failure(error)
        is_final = is_hard_failure(error) or mail.attempts > len(RETRY_PAUSES)
        if is_final:
            mail.status = OutgoingMail.Status.FAILED
        else:
            mail.status = OutgoingMail.Status.WAITING
            mail.send_after = timezone.now() + RETRY_PAUSES[mail.attempts - 1]
        logger.warning("Mail %d was not taken: %s", mail.pk, type(error).__name__)
    else:
        mail.status = OutgoingMail.Status.SENT
        mail.sent_at = timezone.now()
        mail.answer = ""
        logger.info("Mail %d was sent", mail.pk)
    mail.save(update_fields=["status", "send_after", "sent_at", "answer"])
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
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return False


def describe_failure(error: Exception) -> str:
    """Gives the server's own words."""
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
