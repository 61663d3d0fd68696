"""What happens when an enquiry comes in."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from vasite.business.models import BusinessSettings
from vasite.email_addresses import email_key
from vasite.forms.answers import came_from
from vasite.forms.attachment_quota import refuse_attachments
from vasite.forms.spam.judging import judge
from vasite.forms.spam.traces import email_mark
from vasite.forms.submissions import Label
from vasite.forms.text_quota import count_text
from vasite.mail.letters import send_letter
from vasite.mail.outbox import new_message_id
from vasite.serving.locks import lock_for_transaction

if TYPE_CHECKING:
    from contact.forms import EnquiryForm
    from contact.models import Enquiry

logger = logging.getLogger("vasite.event")
# Mailboxes that a program answers or nobody reads (RFC 3834, 2): local parts, whole or in parts
UNREAD_MAILBOX = re.compile(
    r"^(mailer-daemon|postmaster|bounces?|majordomo|listserv|owner-.*|.*-(owner|request|bounces?)|"
    r"(.*[-_.])?(no|do[-_.]?not)[-_.]?reply([-_.].*)?)$"
)


def receive_enquiry(request: HttpRequest, form: EnquiryForm, acknowledgement: str = "") -> str:
    """Stores a valid form's enquiry, its files and its mails in one transaction.

    What the filter takes for spam, or is unsure of, is kept without a mail. What came a moment ago
    is not stored twice. Returns why its files were not stored, or "".
    """
    from contact.models import Enquiry, EnquiryFile

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
        return refusal_of_first(enquiry)
    verdict = judge(request, form, text=enquiry.words)
    try:
        with transaction.atomic():
            count_text(request, form)
            verdict.spend_proof()
            verdict.pass_on(enquiry)
            if enquiry.verdict == Label.SPAM:
                enquiry.state = Enquiry.State.SPAM
            elif enquiry.verdict == Label.HAM and may_be_thanked(enquiry):
                enquiry.mail_ids = [new_message_id()]
            has_notice = enquiry.has_own_notice()
            enquiry.files_refused = refuse_attachments(
                request,
                verdict,
                form.attachments.values(),
                stored_bytes=EnquiryFile.objects.count_bytes,
            )
            enquiry.save()
            verdict.leave_traces()
            if not enquiry.files_refused:
                for field, file in form.attachments.items():
                    question = str(form.fields[field].label)
                    enquiry.files.create(
                        question=question, name=str(file.name), content=file.read()
                    )
            if has_notice:
                send_notice(enquiry)
            if enquiry.mail_ids:
                send_acknowledgement(enquiry, acknowledgement)
    except IntegrityError:
        if not enquiry.is_repeated:
            raise
        return refusal_of_first(enquiry)  # the same enquiry's other click arrived first
    logger.info("Enquiry %d was stored as %s", enquiry.pk, enquiry.verdict)
    return enquiry.files_refused


def refusal_of_first(enquiry: Enquiry) -> str:
    """Return why the files of the same enquiry's first click were not stored, or ""."""
    same = type(enquiry).objects.filter(content_hash=enquiry.content_hash)
    return same.values_list("files_refused", flat=True).order_by("-pk").first() or ""


def may_be_thanked(enquiry: Enquiry) -> bool:
    """Whether an acknowledgement goes out: nobody's inbox is to be filled by our form.

    One a day for an address, and none to a mailbox that nobody reads.
    """
    key = email_key(enquiry.email)
    if UNREAD_MAILBOX.match(re.split(r"[+@]", key)[0]):
        return False
    lock_for_transaction(f"acknowledgement {email_mark('acknowledgement', enquiry.email)}")
    since = enquiry.received_at - timedelta(days=1)
    earlier = type(enquiry).objects.filter(email_key=key, received_at__gt=since)
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
            rate_limit="notification",
            about=enquiry,
            purpose="notice",
        )


def send_acknowledgement(enquiry: Enquiry, text: str) -> None:
    """Put the acknowledgement into the outbox. It holds nothing that the sender of the form wrote.

    The address may be a stranger's, so words, links and names of the sender's would reach them in
    the owner's name. Takes the owner's own text; without one it has the usual words.
    """
    business = BusinessSettings.load()
    mail = send_letter(
        "contact/mail/acknowledgement.html",
        {"business": business, "text": without_name(text)},
        subject=f"Thank you for your message to {business.name}",
        to=[enquiry.email],
        reply_to=[business.email] if business.email else [],
        headers={"Message-ID": enquiry.mail_ids[0]},
        rate_limit="acknowledgement",
        about=enquiry,
        purpose="thanks",
    )
    enquiry.events.create(kind="thanks", text="", mail=mail)


def without_name(text: str) -> str:
    """Return a text with a neutral greeting where the owner left {name} for the person's name."""
    text = re.sub(r"(?i)\bdear\s+\{name\}", "Hello", text)
    text = re.sub(r"(?m)^\{name\}[,!:]?\s*", "", text)
    return re.sub(r"[ \t]*,?[ \t]*\{name\}", "", text)
