"""The mails that went to a person or speak of one."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.urls import reverse

from vasite.forms.people import Known
from vasite.mail.models import OutgoingMail


class MailKeeper:
    def find(self, email: str) -> Iterator[Known]:
        for mail in mails_of(email):
            yield Known(
                kind="Mail",
                words=mail.subject,
                state=mail.get_status_display(),
                at=mail.created_at,
                admin_url=reverse("outbox:inspect", args=[mail.pk]),
                fields={"to": mail.recipient_line, "subject": mail.subject, "text": mail.text},
            )

    def erase(self, email: str) -> None:
        mails_of(email).delete()


def mails_of(email: str) -> QuerySet[OutgoingMail]:
    """Those to an address, and the notices to which an answer would go there."""
    quoted = f'"{email}"'
    return OutgoingMail.objects.filter(
        Q(recipients__icontains=quoted) | Q(reply_to__icontains=quoted)
    )
