"""Letters that come back, and readers who call them spam: nothing more goes there."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from newsletter.bounces import Failure, gist_of, is_answer, read_report, returned_by
from newsletter.models import Delivery, Subscriber, UnreadReport
from newsletter.tokens import BadTokenError, read_token
from vasite.email_addresses import email_key
from vasite.mail.refusals import Meaning
from vasite.retention import RETENTION

UNSUBSCRIBE_LINK = re.compile(r"/newsletter/unsubscribe/([\w:-]+)/")
Status, State = Subscriber.Status, Delivery.Status


def came_back(email: str, words: str, **event: Any) -> bool:
    """Marks an address to which mail can't be delivered; tells whether it was a subscriber's."""
    return _end_address(email, Status.BOUNCED, words, **event)


def complained(email: str, words: str, **event: Any) -> bool:
    """Marks an address whose owner called a letter spam; tells whether it was a subscriber's."""
    return _end_address(email, Status.COMPLAINED, words, **event)


def was_returned(email: str, words: str, told: str) -> bool:
    """Mark a letter as returned for a reason that may pass: the one that a report names, or else
    the latest to an address. Tell whether there is one."""
    taken = Delivery.objects.filter(
        subscriber__email_key=email_key(email), status__in=[State.SENT, State.RETURNED]
    )
    delivery = Delivery.named_in(told) or taken.order_by("-taken_at").first()
    if delivery and delivery.status == State.SENT:
        _mark(delivery, State.RETURNED, words)
    return delivery is not None


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
    """Take a mail server's report: a bounce or a complaint. Return whether the email was one that
    could be taken. One that is about no known delivery is set aside for the owner, as is what
    returns a newsletter and is no report in any form that is known.

    Only the recipient and the servers on the way know a delivery's Message-ID and its unsubscribe
    link, so a forged report ends no more than email to its forger. A reason that may pass costs
    the subscriber this email only.
    """
    report = read_report(message)
    if report is None:
        is_mail = is_answer(message) or "List-Unsubscribe" in message  # such as a newsletter itself
        if not is_mail and delivery_in(returned_by(message)):
            set_aside([gist_of(message)], "It returns a newsletter, but in words unknown here.")
        return False
    delivery = delivery_in(report.returned)
    if delivery is None:
        told = [
            f"{', '.join(sorted(failure.addresses)[:3])}\n{failure.text}"
            for failure in report.failures
        ]
        complaint = [gist_of(message)] if report.is_complaint else []
        set_aside(told or complaint, "It is about no newsletter that is known.")
        return False
    if report.is_complaint:
        _end(delivery.subscriber, Status.COMPLAINED, "a report by email", delivery)
    for failure in report.failures:
        take_failure(delivery, failure)
    return True


def delivery_in(text: str) -> Delivery | None:
    """Return the delivery that a text names by its Message-ID or its unsubscribe link."""
    return Delivery.named_in(text) or delivery_with_link(text)


def delivery_with_link(text: str) -> Delivery | None:
    """Return the latest delivery to the subscriber whose unsubscribe link (RFC 2369) stands in a
    text: some providers put a Message-ID of their own in place of ours."""
    for token in UNSUBSCRIBE_LINK.findall(text):
        with suppress(BadTokenError):
            return (
                Delivery.objects.select_related("subscriber")
                .filter(subscriber=read_token("unsubscribe", token), status=State.SENT)
                .order_by("-taken_at")
                .first()
            )
    return None


def take_failure(delivery: Delivery, failure: Failure) -> None:
    """Take what a report says of a recipient. What it says of another address, to which the
    subscriber's provider passes email on, does not end theirs: the owner sees it at the delivery.
    """
    is_theirs = not failure.addresses or delivery.subscriber.email_key in keys_of(failure)
    if is_theirs and failure.meaning is Meaning.NO_MAILBOX:
        _end(delivery.subscriber, Status.BOUNCED, failure.text, delivery)
    elif delivery.status == State.SENT:
        _mark(delivery, State.RETURNED, failure.text)


def keys_of(failure: Failure) -> set[str]:
    return {email_key(address) for address in failure.addresses}


def set_aside(texts: list[str], fault: str) -> None:
    """Show the owner what came to the mailbox and could not be taken."""
    for text in texts:
        UnreadReport.objects.create(provider="Mailbox", text=text.strip()[:2000], fault=fault)


def old_reports() -> QuerySet[UnreadReport]:
    """Return the old reports that could not be read, to be deleted."""
    long_ago = timezone.now() - RETENTION["unread_reports"].period
    return UnreadReport.objects.filter(received_at__lt=long_ago)
