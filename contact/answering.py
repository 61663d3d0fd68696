"""What the VA does with an enquiry: answer, note, settle, be reminded. Each leaves an event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from contact.models import Enquiry, EnquiryEvent
from vasite.business.models import BusinessSettings
from vasite.forms.spam.deciding import decide
from vasite.mail.letters import send_letter
from vasite.mail.models import OutgoingMail
from vasite.mail.outbox import new_message_id
from vasite.serving.faults import for_each

# The same reply within this time is a button that was pressed twice
REPEAT_WINDOW = timedelta(minutes=10)


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


def reply(enquiry: Enquiry, text: str, user: Any) -> EnquiryEvent | None:
    """Put a reply to the person into the outbox and return its event; None for a repetition.

    A new enquiry is thereby answered. The reply belongs to the thread of the mails before it
    (RFC 5322, 3.6.4), and no automatic answer to it is suppressed, for a person wrote it
    (RFC 3834, 5).
    """
    business = BusinessSettings.load()
    message_id = new_message_id()
    headers = {"Message-ID": message_id, "Auto-Submitted": "no"}
    with transaction.atomic():
        mail_ids = Enquiry.objects.select_for_update().get(pk=enquiry.pk).mail_ids
        since = timezone.now() - REPEAT_WINDOW
        replies = enquiry.events.filter(kind=EnquiryEvent.Kind.REPLY, at__gt=since)
        if replies.filter(text=text).exists():
            return None
        if mail_ids:
            headers |= {"In-Reply-To": mail_ids[-1], "References": " ".join(mail_ids)}
        mail = send_letter(
            "contact/mail/reply.html",
            {"enquiry": enquiry, "text": text, "business": business},
            subject=f"Re: Thank you for your message to {business.name}",
            to=[enquiry.email],
            reply_to=[business.email] if business.email else [],
            headers=headers,
            about=enquiry,
        )
        enquiry.mail_ids = [*mail_ids, message_id]
        enquiry.save(update_fields=["mail_ids"])
        event = enquiry.events.create(kind=EnquiryEvent.Kind.REPLY, text=text, user=user, mail=mail)
        if enquiry.state in {Enquiry.State.NEW, Enquiry.State.SPAM}:
            settle(Enquiry.objects.filter(pk=enquiry.pk), Enquiry.State.ANSWERED, user)
    return event


def send_reminders() -> int:
    """Email the owner about each enquiry of which a reminder is due; return their number."""
    if not BusinessSettings.load().email:
        return 0
    due = Enquiry.objects.filter(remind_on__lte=timezone.localdate())
    return for_each("Reminders about enquiries", due, remind_of)


def remind_of(enquiry: Enquiry) -> None:
    """Put the reminder of an enquiry into the outbox, once."""
    business = BusinessSettings.load()
    with transaction.atomic():
        taken = Enquiry.objects.filter(pk=enquiry.pk, remind_on=enquiry.remind_on)
        if taken.update(remind_on=None):
            mail = send_letter(
                "contact/mail/reminder.html",
                {"enquiry": enquiry, "business": business},
                subject=f"You asked to be reminded of {enquiry.name}",
                to=[business.email],
                about=enquiry,
            )
            enquiry.events.create(kind=EnquiryEvent.Kind.REMINDER, text="", mail=mail)


def note_what_was_sent() -> int:
    """Note when the emails of events were sent, before the outbox is cleared of them."""
    sent = EnquiryEvent.objects.filter(sent_at=None, mail__status=OutgoingMail.Status.SENT)
    events = list(sent.select_related("mail"))
    for event in events:
        event.sent_at = event.mail.sent_at
    return EnquiryEvent.objects.bulk_update(events, ["sent_at"], batch_size=500)
