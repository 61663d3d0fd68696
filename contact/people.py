"""The enquiries of a person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.urls import reverse

from contact.models import Enquiry
from vasite.email_addresses import email_key
from vasite.forms.people import Known

# HMRC: five years after the 31 January deadline of the tax year, so about six in all
KEPT_BECAUSE = "It led to work, and the tax office wants such records kept for six years."


class EnquiryKeeper:
    def find(self, email: str) -> Iterator[Known]:
        enquiries = Enquiry.objects.filter(email_key=email_key(email))
        for enquiry in enquiries.select_related("service").prefetch_related("events"):
            replies = [event for event in enquiry.events.all() if event.kind == "reply"]
            yield Known(
                kind="Enquiry",
                email=enquiry.email,
                words=enquiry.excerpt,
                state=enquiry.get_state_display(),
                at=enquiry.received_at,
                admin_url=reverse("enquiries:edit", args=[enquiry.pk]),
                fields={
                    "name": enquiry.name,
                    "e-mail": enquiry.email,
                    "telephone": enquiry.phone,
                    "about": enquiry.service.title if enquiry.service else "",
                    "message": enquiry.message,
                    "also asked": enquiry.answer_text,
                    "sent from the page": enquiry.came_from,
                    "answers": [event.text for event in replies],
                },
                read_files=partial(files_of, enquiry),
                kept_because=KEPT_BECAUSE if enquiry.state == Enquiry.State.WON else "",
            )

    def erase(self, email: str) -> None:
        enquiries = Enquiry.objects.filter(email_key=email_key(email))
        for kept in enquiries.filter(state=Enquiry.State.WON):
            kept.reply_drafts.all().delete()  # which were never sent
            kept.emails.all().delete()  # reminders to the owner quote it
        enquiries.exclude(state=Enquiry.State.WON).delete()


def files_of(enquiry: Enquiry) -> dict[str, bytes]:
    return {file.name: bytes(file.content) for file in enquiry.files.all()}
