"""Signed links for people who have no account."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

CONFIRM_AGE = timedelta(days=7)


class BadTokenError(Exception):
    """The token is not one of ours, or not for this purpose."""


class ExpiredTokenError(BadTokenError):
    """The token was ours; its time is over."""


def make_token(purpose: str, subscriber_id: int) -> str:
    """Gives a token for "confirm" or "unsubscribe" that names one subscriber."""
    return signing.dumps(subscriber_id, salt=f"newsletter.{purpose}")


def read_token(purpose: str, token: str) -> int:
    """Gives the subscriber's id. A link to confirm ends after CONFIRM_AGE, others never."""
    max_age = CONFIRM_AGE if purpose == "confirm" else None
    try:
        return int(signing.loads(token, salt=f"newsletter.{purpose}", max_age=max_age))
    except signing.SignatureExpired as error:
        raise ExpiredTokenError from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadTokenError from error
