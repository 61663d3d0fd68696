"""Letters that come back, and readers who call them spam: nothing more goes there."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from newsletter.models import Delivery, Subscriber, email_key

Status, State = Subscriber.Status, Delivery.Status


def came_back(email: str, words: str, **event: Any) -> bool:
    """Marks an address to which mail can't be delivered; tells whether it was a subscriber's."""
    return _end(email, Status.BOUNCED, State.RETURNED, f"A letter came back: {words}", **event)


def complained(email: str, words: str, **event: Any) -> bool:
    """Marks an address whose owner called a letter spam; tells whether it was a subscriber's."""
    return _end(email, Status.COMPLAINED, State.COMPLAINED, f"Called spam: {words}", **event)


def _end(email: str, status: str, state: str, text: str, **event: Any) -> bool:
    """Gives an address its last state, and its latest letter the news of it.

    Who unsubscribed or was blocked stays so; a report that comes twice changes nothing.
    """
    with transaction.atomic():
        found = Subscriber.objects.select_for_update().filter(email_key=email_key(email)).first()
        if found is None:
            return False
        if found.status not in Subscriber.UNREACHABLE:
            found.become(status, text[:300], **event)
            latest = found.deliveries.filter(status=State.SENT).order_by("-taken_at").first()
            if latest:
                latest.status, latest.answer = state, text[:500]
                latest.save(update_fields=["status", "answer"])
    return True
