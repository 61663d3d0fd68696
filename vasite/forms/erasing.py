"""Erasing a person everywhere, whichever app keeps something of them."""

from __future__ import annotations

from django.db import transaction

from vasite.business.models import BusinessSettings
from vasite.email_addresses import email_key
from vasite.forms.people import Known, keepers, known_of


def erase_person(email: str) -> list[Known]:
    """Delete all of a person but what has to be kept; return what was known before."""
    known = known_of(email)
    with transaction.atomic():
        for keeper in keepers:
            keeper.erase(email)
    return known


def erase_stray_emails(email: str) -> None:
    """Delete the emails to a person of whom nothing else is left, so that none goes out later.

    The owner's own notifications stay.
    """
    own = BusinessSettings.load().email
    if not email or email_key(email) == email_key(own):
        return
    if all(entry.kind == "Mail" for entry in known_of(email)):
        erase_person(email)
