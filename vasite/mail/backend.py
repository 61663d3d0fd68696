"""Django's mail backend of this site: puts each mail into the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from vasite.mail.outbox import store


class OutboxBackend(BaseEmailBackend):
    """Stores mails in the caller's transaction, so a mail exists exactly if its cause does."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store emails and return their number. Raises what `store` does."""
        with transaction.atomic():
            for message in email_messages:
                store(message)
        return len(email_messages)
