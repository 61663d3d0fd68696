"""Lists in pages of `?page=<n>`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from vasite.serving.numbers import number_asked_for


def page_asked_for(
    request: HttpRequest, items: QuerySet[Any, Any] | Sequence[Any], size: int
) -> Page[Any]:
    """Return the page of a list that the query asks for, the first without one; raise Http404
    where there is no such page."""
    try:
        return Paginator(items, size).page(number_asked_for(request, "page") or 1)
    except EmptyPage:
        raise Http404("No such page of the list") from None
