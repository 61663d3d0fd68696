"""Gives every template the business's facts."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from vasite.business.last_known import remember
from vasite.business.models import BusinessSettings
from vasite.pagecache.remembering import remembered


def business(request: HttpRequest) -> dict[str, Any]:
    """`business`, looked up only where it is used."""
    return {"business": SimpleLazyObject(known_business)}


def known_business() -> BusinessSettings:
    """Gives the facts as they stand in the database; nobody changes what all are given."""
    return remembered("business", read_business)


def read_business() -> BusinessSettings:
    business = BusinessSettings.load()
    if business.portrait:
        prefetch_related_objects([business.portrait], "renditions")
    remember(business)
    return business
