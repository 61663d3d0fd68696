"""How many emails of a kind the whole site sends in an hour to people who only typed an address.

An email beyond its limit is held: it stays in the outbox where the owner sees it, and goes out by
itself once the hour allows. What counts is the hour before an email is handed to the mail server,
so those that waited for a mail server do not all leave at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vasite.mail.models import OutgoingMail
from vasite.serving.locks import lock_for_transaction

HOUR = timedelta(hours=1)
Status = OutgoingMail.Status


def take_place(mail: OutgoingMail) -> None:
    """Give an unsaved email one of the hour's places, or hold it. Needs a transaction."""
    lock_for_transaction(f"email limit {mail.rate_limit}")
    if free_places(mail.rate_limit, timezone.now()):
        mail.counted_at = timezone.now()
    else:
        mail.status = Status.HELD


def hold_and_release() -> None:
    """Hold what waits with a place of an hour ago, and give the free places to the oldest."""
    now = timezone.now()
    limited = OutgoingMail.objects.exclude(rate_limit="").filter(send_after__lte=now)
    overdue = limited.filter(status=Status.WAITING, counted_at__lte=now - HOUR)
    stopped = overdue | limited.filter(status=Status.HELD)
    for name in set(stopped.values_list("rate_limit", flat=True)):
        with transaction.atomic():
            lock_for_transaction(f"email limit {name}")
            overdue.filter(rate_limit=name).update(status=Status.HELD)
            held = limited.filter(status=Status.HELD, rate_limit=name)
            oldest = held.order_by("created_at", "pk").values_list("pk", flat=True)
            released = list(oldest[: free_places(name, now)])
            OutgoingMail.objects.filter(pk__in=released, status=Status.HELD).update(
                status=Status.WAITING, counted_at=now
            )


def free_places(name: str, now: datetime) -> int:
    """Return how many more emails of a kind may go out within the hour."""
    counted = OutgoingMail.objects.filter(rate_limit=name, counted_at__gt=now - HOUR)
    limit: int = settings.EMAILS_PER_HOUR[name]
    return max(0, limit - counted.count())
