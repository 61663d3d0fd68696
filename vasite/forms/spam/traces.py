"""How often somebody sent a form lately, without keeping who: keyed hashes, forgotten in a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vasite.email_addresses import email_key
from vasite.forms.models import Trace
from vasite.retention import RETENTION
from vasite.serving.visitors import client_address, network_of_address

COUNT_LIMIT = 101  # more than any limit that vasite.forms.spam.judging sets
COUNT = (
    "(SELECT COUNT(*) FROM (SELECT 1 FROM forms_trace "  # bounded, however much a flood left
    "WHERE mark = %s AND seen_at > %s LIMIT %s) AS latest)"
)


def mark_of(kind: str, value: str) -> str:
    """Gives the keyed hash that stands for a value; without SECRET_KEY it can't be tried out."""
    hashed = salted_hmac(f"vasite.forms.trace.{kind}", value, settings.SECRET_KEY)
    return hashed.hexdigest()[:32]


def email_mark(kind: str, email: str) -> str:
    """Return the keyed hash that stands for an email address, however it is written."""
    return mark_of(kind, email_key(email))


def network_mark(kind: str, request: HttpRequest) -> str:
    """Return the keyed hash that stands for the network that a request came from."""
    return mark_of(kind, network_of_address(client_address(request)))


@dataclass(frozen=True)
class Mark:
    """What stands for a value, and for how many minutes back it is counted."""

    value: str
    minutes: int


def count_traces(marks: dict[str, Mark]) -> dict[str, int]:
    """Gives for each name how many left its mark within its minutes, up to COUNT_LIMIT."""
    now = timezone.now()
    parameters: list[str | int | None] = []
    for mark in marks.values():
        since = connection.ops.adapt_datetimefield_value(now - timedelta(minutes=mark.minutes))
        parameters += [mark.value, since, COUNT_LIMIT]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([COUNT] * len(marks))}", parameters)
        return dict(zip(marks, cursor.fetchone(), strict=True))


def sum_traces(mark: Mark) -> int:
    """Return the sum of the amounts that were left with a mark within its minutes."""
    since = timezone.now() - timedelta(minutes=mark.minutes)
    traces = Trace.objects.filter(mark=mark.value, seen_at__gt=since)
    return traces.aggregate(total=Sum("amount"))["total"] or 0


def leave_traces(marks: dict[str, Mark], *, amount: int = 1) -> list[Trace]:
    traces = [Trace(mark=mark.value, amount=amount) for mark in marks.values()]
    return Trace.objects.bulk_create(traces)


def take_traces_back(traces: list[Trace]) -> None:
    """Delete traces of what was not to be counted after all."""
    Trace.objects.filter(pk__in=[trace.pk for trace in traces]).delete()


def old_traces() -> QuerySet[Trace]:
    """Return the traces that are nearly a day old, to be deleted."""
    before = timezone.now() - RETENTION["rate_limits"].period
    return Trace.objects.filter(seen_at__lt=before)
