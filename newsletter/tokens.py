"""Signed links for people who have no account."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

# How long a link works, by its purpose; one that is missing works for ever.
AGES = {
    "confirm": timedelta(days=7),
    "follow": timedelta(days=30),
    "moderate": timedelta(days=3),
}


class BadTokenError(Exception):
    """The token is not one of ours, or not for this purpose."""


class ExpiredTokenError(BadTokenError):
    """The token was ours, for `key`; its time is over."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def make_token(purpose: str, key: int | str) -> str:
    """Gives a token that names one row, for one purpose: "confirm", "unsubscribe", "follow"…"""
    return signing.dumps(key, salt=f"newsletter.{purpose}")


def signed_url(purpose: str, key: int | str) -> str:
    """Gives the whole address that does this to a row: its name in newsletter.urls."""
    path = reverse(f"newsletter:{purpose}", args=[make_token(purpose, key)])
    return f"{settings.SITE_URL}{path}"


def read_token(purpose: str, token: str) -> str:
    """Gives the row's key. Raises ExpiredTokenError after AGES, else BadTokenError."""
    salt = f"newsletter.{purpose}"
    try:
        return str(signing.loads(token, salt=salt, max_age=AGES.get(purpose)))
    except signing.SignatureExpired:
        raise ExpiredTokenError(str(signing.loads(token, salt=salt))) from None
    except (signing.BadSignature, ValueError) as error:
        raise BadTokenError from error
