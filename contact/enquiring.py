"""What happens when an enquiry comes in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from vasite.business.models import BusinessSettings
from vasite.mail.letters import send_letter

if TYPE_CHECKING:
    from contact.forms import EnquiryForm
    from contact.models import Enquiry

logger = logging.getLogger("vasite.event")


def receive_enquiry(form: EnquiryForm, came_from: str) -> None:
    """Stores a valid form's enquiry and its two mails in one transaction.

    What fell into the trap for robots is kept as spam, without a mail; what came a moment ago
    is not stored twice.
    """
    from contact.models import Enquiry

    fields = form.cleaned_data
    enquiry = Enquiry(
        name=fields["name"],
        email=fields["email"],
        phone=fields["phone"],
        service=fields["service"],
        message=fields["message"],
        came_from=came_from,
        state=Enquiry.State.SPAM if form.looks_like_spam else Enquiry.State.NEW,
    )
    service = fields["service"].slug if fields["service"] else ""
    enquiry.set_content(*(fields[key] for key in ("name", "email", "phone", "message")), service)
    if enquiry.is_repeated:
        return
    try:
        with transaction.atomic():
            enquiry.save()
            if enquiry.state == Enquiry.State.NEW:
                send_mails(enquiry)
    except IntegrityError:
        return  # the same enquiry's other click arrived first
    logger.info("Enquiry %d was stored as %s", enquiry.pk, enquiry.state)


def send_mails(enquiry: Enquiry) -> None:
    """Puts the notice to the VA and the acknowledgement to the visitor into the outbox."""
    business = BusinessSettings.load()
    context = {"enquiry": enquiry, "site_url": settings.SITE_URL}
    if business.email:
        send_letter(
            "contact/mail/notice.html",
            context,
            subject=f"New enquiry from {enquiry.name}",
            to=[business.email],
            reply_to=[enquiry.email],
        )
    send_letter(
        "contact/mail/acknowledgement.html",
        context,
        subject=f"Thank you for your message to {business.name}",
        to=[enquiry.email],
        reply_to=[business.email] if business.email else [],
    )
