"""What happens when an enquiry comes in."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from vasite.business.models import BusinessSettings
from vasite.forms.answers import came_from
from vasite.forms.spam.judging import judge
from vasite.forms.submissions import Label
from vasite.mail.letters import new_message_id, send_letter

if TYPE_CHECKING:
    from contact.forms import EnquiryForm
    from contact.models import Enquiry

logger = logging.getLogger("vasite.event")
# Mailboxes of a role or a program, by the names that RFC 2142 and common use give them
SHARED_ADDRESS = re.compile(
    r"^(abuse|admin(istrator)?|all|announce|bounces?|everyone|hostmaster|list(serv)?|"
    r"mailer-daemon|majordomo|news|no-?reply|do-?not-?reply|noc|postmaster|root|security|staff|"
    r"subscribe|team|unsubscribe|usenet|webmaster|www|(owner|list|request)-.*|"
    r".*-(owner|list|request|announce|bounces?))$"
)


def receive_enquiry(request: HttpRequest, form: EnquiryForm, acknowledgement: str = "") -> None:
    """Stores a valid form's enquiry, its files and its mails in one transaction.

    What the filter takes for spam, or is unsure of, is kept without a mail. What came a moment ago
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
        came_from=came_from(request),
        asked=form.asked,
    )
    service = fields["service"].slug if fields["service"] else ""
    own = [f"{entry['field']}={entry['answer']}" for entry in enquiry.answers]
    texts = [fields[key] for key in ("name", "email", "phone", "message")]
    enquiry.set_content(*texts, service, *own)
    if enquiry.is_repeated:
        return
    verdict = judge(request, form, text=enquiry.words)
    verdict.pass_on(enquiry)
    if enquiry.verdict == Label.SPAM:
        enquiry.state = Enquiry.State.SPAM
    elif enquiry.verdict == Label.HAM and may_be_thanked(enquiry):
        enquiry.mail_ids = [new_message_id()]
    has_notice = enquiry.has_own_notice()
    try:
        with transaction.atomic():
            enquiry.save()
            verdict.leave_traces()
            for field, file in form.attachments.items():
                question = str(form.fields[field].label)
                enquiry.files.create(question=question, name=str(file.name), content=file.read())
            if has_notice:
                send_notice(enquiry)
            if enquiry.mail_ids:
                send_acknowledgement(enquiry, acknowledgement)
    except IntegrityError:
        return  # the same enquiry's other click arrived first
    logger.info("Enquiry %d was stored as %s", enquiry.pk, enquiry.verdict)


def may_be_thanked(enquiry: Enquiry) -> bool:
    """Whether an acknowledgement goes out: nobody's inbox is to be filled by our form.

    One a day for an address, none to an address of many people or of nobody (RFC 2142, RFC 3834).
    """
    local_part = re.split(r"[+@]", enquiry.email.lower())[0]
    if SHARED_ADDRESS.match(local_part):
        return False
    since = enquiry.received_at - timedelta(days=1)
    earlier = type(enquiry).objects.filter(email__iexact=enquiry.email, received_at__gt=since)
    return not earlier.exists()


def send_notice(enquiry: Enquiry) -> None:
    """Puts the notice to the VA into the outbox."""
    business = BusinessSettings.load()
    if business.email:
        send_letter(
            "contact/mail/notice.html",
            {"enquiry": enquiry, "business": business},
            subject=f"New enquiry from {enquiry.name}",
            to=[business.email],
            reply_to=[enquiry.email],
        )


def send_acknowledgement(enquiry: Enquiry, text: str) -> None:
    """Puts the visitor's acknowledgement into the outbox; its subject holds none of their text.

    Takes the VA's own words for it; without any it has the usual ones.
    """
    business = BusinessSettings.load()
    send_letter(
        "contact/mail/acknowledgement.html",
        {"enquiry": enquiry, "business": business, "text": enquiry.address_by_name(text)},
        subject=f"Thank you for your message to {business.name}",
        to=[enquiry.email],
        reply_to=[business.email] if business.email else [],
        headers={"Message-ID": enquiry.mail_ids[0]},
    )
