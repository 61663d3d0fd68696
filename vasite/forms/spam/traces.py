"""How often somebody sent a form lately, without keeping who: keyed hashes, forgotten in a day."""

from __future__ import annotations

import ipaddress
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vasite.forms.models import Trace
from vasite.serving.visitors import client_address

COUNT_LIMIT = 1000
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
    """Gives for each name how many left its mark within its minutes; of a flood, the latest."""
    now = timezone.now()
    since = {mark.value: now - timedelta(minutes=mark.minutes) for mark in marks.values()}
    seen = Trace.objects.filter(mark__in=since, seen_at__gt=min(since.values()))
    latest = seen.order_by("-seen_at").values_list("mark", "seen_at")[:COUNT_LIMIT]
    counts = Counter(mark for mark, seen_at in latest if seen_at > since[mark])
    return {name: counts[mark.value] for name, mark in marks.items()}


def leave_traces(marks: dict[str, Mark]) -> None:
    Trace.objects.bulk_create(Trace(mark=mark.value) for mark in marks.values())


def forget_traces() -> int:
    """Deletes the traces that are nearly a day old and gives their number."""
    return Trace.objects.filter(seen_at__lt=timezone.now() - KEPT_FOR).delete()[0]
