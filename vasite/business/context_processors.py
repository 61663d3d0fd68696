"""Gives every template the business's facts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from vasite.business.last_known import remember
from vasite.business.models import BusinessSettings


def business(request: HttpRequest) -> dict[str, Any]:
    """`business`, read from the database at most once a request and only where it is used."""
    return {"business": SimpleLazyObject(lambda: read_business(request))}


def read_business(request: HttpRequest) -> BusinessSettings:
    business = BusinessSettings.load(request_or_site=request)
    remember(business)
    return business
