"""Putting an email into the outbox."""

from __future__ import annotations

import uuid
from contextlib import suppress
from email.utils import formatdate

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Model

from vasite.mail.limits import take_place
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due
from vasite.serving.queue import enqueue_once


def new_message_id() -> str:
    """Return a Message-ID that no other mail has (RFC 5322, 3.6.4)."""
    return f"<{uuid.uuid4()}@{settings.SITE_HOST}>"


def automatic_headers() -> dict[str, str]:
    """Return the headers of an email that the site writes by itself."""
    return {
        "Message-ID": new_message_id(),
        "Date": formatdate(),
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's autoresponder answers it
    }


def store(
    message: EmailMessage, *, about: Model | None = None, purpose: str = "", rate_limit: str = ""
) -> OutgoingMail:
    """Store an email, to be sent by the worker, and return it.

    `rate_limit` names one of EMAILS_PER_HOUR, for an email that a stranger can cause; a message
    from elsewhere may carry it as an attribute.

    It is deleted together with the row that it is `about`, whose `needs_email(purpose)` may say
    that it is no longer of use. Raises BadHeaderError for a line end in a header,
    NotImplementedError for an attachment.
    """
    if message.attachments:
        raise NotImplementedError("The outbox carries no attachments yet")
    headers = automatic_headers() | message.extra_headers
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
        about=about,
        purpose=purpose,
        rate_limit=rate_limit or getattr(message, "rate_limit", ""),
    )
    # Raises BadHeaderError here, where the caller can answer it; what is no address fails alone,
    # when it is sent (vasite.mail.tasks)
    with suppress(ValidationError):
        mail.as_message().message()
    with transaction.atomic():
        if mail.rate_limit:
            take_place(mail)
        mail.save()
        mail.keep_addresses()
    enqueue_once(deliver_due)
    return mail
