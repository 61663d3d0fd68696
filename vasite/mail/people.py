"""The mails that went to a person or speak of one."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from vasite.email_addresses import email_key
from vasite.forms.people import Known, mask_addresses
from vasite.mail.models import OutgoingMail


class MailKeeper:
    def find(self, email: str) -> Iterator[Known]:
        for mail in OutgoingMail.objects.of_person(email):
            yield Known(
                kind="Mail",
                email=mail.address_of(email),
                words=mail.subject,
                state=mail.state_text,
                at=mail.created_at,
                admin_url=reverse("outbox:inspect", args=[mail.pk]),
                fields={"to": mail.recipient_line, "subject": mail.subject, "text": mail.text},
            )

    def erase(self, email: str) -> None:
        OutgoingMail.objects.of_person(email).delete()
        mask_addresses(OutgoingMail.objects.all(), "answer", email_key(email))
