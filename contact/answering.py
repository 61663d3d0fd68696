"""What the VA does with an enquiry: answer, note, settle, be reminded. Each leaves an event."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from contact.models import Enquiry, EnquiryEvent
from vasite.business.models import BusinessSettings
from vasite.forms.spam.deciding import decide
from vasite.mail.letters import new_message_id, send_letter


def settle(enquiries: QuerySet[Enquiry], state: str, user: Any) -> int:
    """Gives enquiries another state and tells how many changed."""
    with transaction.atomic():
        changed = list(enquiries.exclude(state=state).values_list("pk", flat=True))
        decide(enquiries, state)
        label = Enquiry.State(state).label
        EnquiryEvent.objects.bulk_create(
            EnquiryEvent(enquiry_id=key, kind=EnquiryEvent.Kind.STATE, text=label, user=user)
            for key in changed
        )
    return len(changed)


def note(enquiry: Enquiry, text: str, user: Any) -> None:
    """Keeps a private note."""
    enquiry.events.create(kind=EnquiryEvent.Kind.NOTE, text=text, user=user)


def reply(enquiry: Enquiry, text: str, user: Any) -> None:
    """Puts an answer to the person into the outbox; a new enquiry is answered thereby.

    It belongs to the thread of the mails before it (RFC 5322, 3.6.4), and no automatic answer
    to it is suppressed, for a person wrote it (RFC 3834, 5).
    """
    business = BusinessSettings.load()
    message_id = new_message_id()
    headers = {"Message-ID": message_id, "Auto-Submitted": "no"}
    if enquiry.mail_ids:
        headers |= {"In-Reply-To": enquiry.mail_ids[-1], "References": " ".join(enquiry.mail_ids)}
    with transaction.atomic():
        send_letter(
            "contact/mail/reply.html",
            {"enquiry": enquiry, "text": text, "business": business},
            subject=f"Re: Thank you for your message to {business.name}",
            to=[enquiry.email],
            reply_to=[business.email] if business.email else [],
            headers=headers,
        )
        enquiry.mail_ids = [*enquiry.mail_ids, message_id]
        enquiry.save(update_fields=["mail_ids"])
        enquiry.events.create(kind=EnquiryEvent.Kind.REPLY, text=text, user=user)
        if enquiry.state in {Enquiry.State.NEW, Enquiry.State.SPAM}:
            settle(Enquiry.objects.filter(pk=enquiry.pk), Enquiry.State.ANSWERED, user)


def send_reminders() -> int:
    """Mails the VA about each enquiry of which she wants to be reminded by today."""
    business = BusinessSettings.load()
    due = Enquiry.objects.filter(remind_on__lte=timezone.localdate())
    if not business.email:
        return 0
    for enquiry in due:
        with transaction.atomic():
            taken = Enquiry.objects.filter(pk=enquiry.pk, remind_on=enquiry.remind_on)
            if taken.update(remind_on=None):
                send_letter(
                    "contact/mail/reminder.html",
                    {"enquiry": enquiry, "business": business},
                    subject=f"You asked to be reminded of {enquiry.name}",
                    to=[business.email],
                )
                enquiry.events.create(kind=EnquiryEvent.Kind.REMINDER, text="Reminded by mail")
    return len(due)
