"""Letters that come back, and readers who call them spam: nothing more goes there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from typing import Any

from django.db import transaction
from django.utils import timezone

from newsletter.models import Delivery, Subscriber, UnreadReport, email_key
from vasite.mail.conversation import ENHANCED_CODE, is_dead

FORGET_UNREAD = timedelta(days=90)
Status, State = Subscriber.Status, Delivery.Status


def came_back(email: str, words: str, **event: Any) -> bool:
    """Marks an address to which mail can't be delivered; tells whether it was a subscriber's."""
    return _end_address(email, Status.BOUNCED, words, **event)


def complained(email: str, words: str, **event: Any) -> bool:
    """Marks an address whose owner called a letter spam; tells whether it was a subscriber's."""
    return _end_address(email, Status.COMPLAINED, words, **event)


def _end_address(email: str, status: str, words: str, **event: Any) -> bool:
    """Gives an address its last state, and its latest letter the news of it."""
    subscriber = Subscriber.objects.filter(email_key=email_key(email)).first()
    if subscriber is None:
        return False
    latest = subscriber.deliveries.filter(status=State.SENT).order_by("-taken_at").first()
    _end(subscriber, status, words, latest, **event)
    return True


@transaction.atomic
def _end(
    subscriber: Subscriber, status: str, words: str, delivery: Delivery | None, **event: Any
) -> None:
    """Who unsubscribed or was blocked stays so; a report that comes twice changes nothing."""
    locked = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if locked.status in Subscriber.UNREACHABLE:
        return
    happened = "A letter came back" if status == Status.BOUNCED else "Called spam"
    locked.become(status, f"{happened}: {words}"[:300], **event)
    if delivery:
        _mark(delivery, State.RETURNED if status == Status.BOUNCED else State.COMPLAINED, words)


def _mark(delivery: Delivery, state: str, words: str) -> None:
    delivery.status, delivery.answer = state, words[:500]
    delivery.save(update_fields=["status", "answer"])


def take_report(message: Message) -> bool:
    """Takes a mail server's report on one of our letters: a delivery status notification
    (RFC 3464) or a complaint (RFC 5965). Tells whether the mail was one.

    Only who had the letter knows its Message-ID, so a forged report ends no more than mail to its
    forger. A letter that came back for another reason than that there is no such mailbox costs its
    reader this letter only.
    """
    delivery = Delivery.named_in("\n".join(_words(message)))
    reports = [fields for part in message.walk() for fields in _fields_of(part)]
    if delivery is None or not reports:
        return False
    for fields in reports:
        if _text(fields, "Feedback-Type").lower() in {"abuse", "fraud"}:
            _end(delivery.subscriber, Status.COMPLAINED, "a report by mail", delivery)
        elif _text(fields, "Action").lower() == "failed":
            _take_failure(delivery, fields)
    return True


def _words(message: Message) -> Iterator[str]:
    """Gives the headers and texts of all parts. Written out anew, a broken mail is an error."""
    for part in message.walk():
        yield from map(str, part.values())
        if not part.is_multipart():
            yield str(part.get_payload())


def _fields_of(part: Message) -> list[Message]:
    """Gives a report's groups of fields: one for the mail, and one for each recipient."""
    is_report = part.get_content_type() in {"message/delivery-status", "message/feedback-report"}
    return part.get_payload() if is_report and part.is_multipart() else []


def _take_failure(delivery: Delivery, fields: Message) -> None:
    """Takes what is said of one recipient (RFC 3464, 2.3)."""
    code, words = _text(fields, "Status"), _text(fields, "Diagnostic-Code")
    if code.startswith("5.0.0") and (precise := ENHANCED_CODE.search(words)):
        code = precise[0]
    answer = f"{code} {words}".strip()
    if is_dead(code.split(" ")[0]):
        _end(delivery.subscriber, Status.BOUNCED, answer, delivery)
    elif delivery.status == State.SENT:
        _mark(delivery, State.RETURNED, answer)


def _text(fields: Message, name: str) -> str:
    """Gives a field on one line, without what no database takes."""
    return " ".join(str(fields.get(name, "")).replace("\0", "").split())


def forget_reports() -> int:
    """Deletes the reports that nobody could read FORGET_UNREAD ago; gives their number."""
    long_ago = timezone.now() - FORGET_UNREAD
    return UnreadReport.objects.filter(received_at__lt=long_ago).delete()[0]
