"""How often somebody sent a form lately, without keeping who: keyed hashes, forgotten in a day."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vasite.forms.models import Trace
from vasite.serving.visitors import client_address

KEPT_FOR = timedelta(hours=23)  # the worker looks every hour
ANY_FORM = "any form"
COUNT_LIMIT = 1000


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


def leave_traces(marks: Iterable[str]) -> None:
    Trace.objects.bulk_create(Trace(mark=mark) for mark in marks)


def count_traces(mark: str, minutes: int) -> int:
    """Gives how many left this mark within the last minutes, at most COUNT_LIMIT."""
    since = timezone.now() - timedelta(minutes=minutes)
    return Trace.objects.filter(mark=mark, seen_at__gt=since)[:COUNT_LIMIT].count()


def forget_traces() -> int:
    """Deletes the traces that are nearly a day old and gives their number."""
    return Trace.objects.filter(seen_at__lt=timezone.now() - KEPT_FOR).delete()[0]
