"""Which pages anybody may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import CharField, Exists, ExpressionWrapper, Max, OuterRef, Subquery
from wagtail.models import (
    Collection,
    CollectionViewRestriction,
    Page,
    PageQuerySet,
    PageViewRestriction,
)

from vasite.pagecache.remembering import remembered

Pages = TypeVar("Pages", bound=PageQuerySet)


def are_restricted() -> bool:
    """Whether any page is for some visitors only. Most sites have none, which is remembered."""
    return remembered("restrictions", PageViewRestriction.objects.exists)


def restricted_collections() -> set[int]:
    """Return the keys of the collections that are private, or lie in one that is."""
    collections = CollectionViewRestriction.objects.values_list("collection__path", flat=True)
    found: set[int] = set()
    for path in collections:
        below = Collection.objects.filter(path__startswith=path)
        found.update(below.values_list("pk", flat=True))
    return found


def visible(pages: Pages) -> Pages:
    """Gives those that are live and, like all pages above them, without a restriction.

    The same as Wagtail's `.live().public()`, which asks the database once more at each call.
    """
    if not are_restricted():
        return pages.live()
    path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    # Looked up one by one: of a join, SQLite may go through all pages for each page.
    top = Subquery(Page.objects.filter(pk=OuterRef("page_id")).values("path"))
    restricted = PageViewRestriction.objects.annotate(below=path).filter(below__startswith=top)
    return pages.live().filter(~Exists(restricted))


def last_publication(pages: PageQuerySet) -> datetime | None:
    """Return when any of some pages was last published."""
    last: datetime | None = pages.order_by().aggregate(last=Max("last_published_at"))["last"]
    return last


def path_of(model: type[Page], **lookup: Any) -> str:
    """Return the path of the one page of a type, wherever the owner has put it; empty while there
    is none that anybody may see."""

    def read() -> str:
        page = visible(model.objects.filter(**lookup)).first()
        return (page.get_url() or "") if page else ""

    return remembered(f"path of {model._meta.label} {lookup}", read)
