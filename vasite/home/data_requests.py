"""The links that open a person's data: random, stored as a hash, and without their address."""

from __future__ import annotations

import hashlib
import secrets

from django.db.models import QuerySet
from django.utils import timezone

from vasite.email_addresses import email_key
from vasite.forms.people import known_of
from vasite.home.models import DataRequest
from vasite.retention import RETENTION

VALID_FOR = RETENTION["data_links"].period


def make_token(email: str) -> str:
    """Store a request and return the token of its link."""
    token = secrets.token_urlsafe(32)
    DataRequest.objects.create(token_hash=hash_of(token), email=email)
    return token


def read_token(token: str) -> str | None:
    """Return the address that a link was made for: "" once it is erased, None for a bad link."""
    found = valid_requests().filter(token_hash=hash_of(token))
    return found.values_list("email", flat=True).first()


def forget_address(email: str) -> None:
    """Take an address out of its links if nothing else is kept of it."""
    if not known_of(email):
        own = DataRequest.objects.filter(email_key=email_key(email))
        own.update(email="", email_key="")


def expired_requests() -> QuerySet[DataRequest]:
    """Return the requests whose link works no longer, to be deleted."""
    return DataRequest.objects.exclude(pk__in=valid_requests().values("pk"))


def valid_requests() -> QuerySet[DataRequest]:
    return DataRequest.objects.filter(asked_at__gt=timezone.now() - VALID_FOR)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
