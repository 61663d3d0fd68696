"""Django's mail backend of this site: puts each mail into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from vasite.mail.letters import new_message_id
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due
from vasite.serving.queue import enqueue_once


class OutboxBackend(BaseEmailBackend):
    """Stores mails in the caller's transaction, so a mail exists exactly if its cause does."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Gives the number of mails stored. Raises BadHeaderError for a line end in a header,
        NotImplementedError for an attachment."""
        with transaction.atomic():
            for message in email_messages:
                store(message)
            enqueue_once(deliver_due)
        return len(email_messages)


def store(message: EmailMessage) -> OutgoingMail:
    """Puts one message into the outbox."""
    if message.attachments:
        raise NotImplementedError("The outbox carries no attachments yet")
    headers = {
        "Message-ID": new_message_id(),
        "Date": formatdate(),
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's autoresponder answers it
        **message.extra_headers,
    }
    alternatives = getattr(message, "alternatives", [])
    html = next((body for body, kind in alternatives if kind == "text/html"), "")
    mail = OutgoingMail(
        subject=str(message.subject),
        sender=message.from_email,
        recipients=message.to,
        cc=message.cc,
        bcc=message.bcc,
        reply_to=message.reply_to,
        headers=headers,
        text=str(message.body),
        html=html,
    )
    mail.as_message().message()  # raises BadHeaderError here, where the caller can answer it
    mail.save()
    return mail
