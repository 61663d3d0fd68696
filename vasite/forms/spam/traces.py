"""How often somebody sent a form lately, without keeping who: keyed hashes, forgotten in a day."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vasite.forms.models import Trace
from vasite.serving.visitors import client_address

COUNT_LIMIT = 101  # more than any limit that vasite.forms.spam.judging sets
COUNT = (
    "(SELECT COUNT(*) FROM (SELECT 1 FROM forms_trace "  # bounded, however much a flood left
    "WHERE mark = %s AND seen_at > %s LIMIT %s) AS latest)"
)
KEPT_FOR = timedelta(hours=23)  # the worker looks every hour


def mark_of(kind: str, value: str) -> str:
    """Gives the keyed hash that stands for a value; without SECRET_KEY it can't be tried out."""
    hashed = salted_hmac(f"vasite.forms.trace.{kind}", value, settings.SECRET_KEY)
    return hashed.hexdigest()[:32]


def network_of(request: HttpRequest) -> str:
    """Gives the network a request came from: /24 of IPv4, /48 of IPv6, as one owner has them."""
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:  # a socket without an address
        return ""
    length = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


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


def leave_traces(marks: dict[str, Mark]) -> None:
    Trace.objects.bulk_create(Trace(mark=mark.value) for mark in marks.values())


def forget_traces() -> int:
    """Deletes the traces that are nearly a day old and gives their number."""
    return Trace.objects.filter(seen_at__lt=timezone.now() - KEPT_FOR).delete()[0]
