"""Sending past the outbox: for an email that says that the outbox is not being emptied."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from vasite.mail.outbox import automatic_headers
from vasite.mail.tasks import transport

logger = logging.getLogger("vasite.event")


def send_directly(message: EmailMessage) -> bool:
    """Hand an email to the mail server at once; return whether it was taken.

    Nothing is stored and nothing is tried again: that is for the caller.
    """
    if not settings.MAIL_TRANSPORT:
        return False
    message.extra_headers = automatic_headers() | message.extra_headers
    try:
        return bool(transport().send_messages([message]))
    except (OSError, ValidationError) as error:  # smtplib's own are OSErrors
        logger.warning("An email past the outbox was not taken: %s", type(error).__name__)
        return False
