"""Which pages anybody may see."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Subquery
from wagtail.models import Page, PageQuerySet, PageViewRestriction

from vasite.pagecache.remembering import remembered

Pages = TypeVar("Pages", bound=PageQuerySet)


def visible(pages: Pages) -> Pages:
    """Gives those that are live and, like all pages above them, without a restriction.

    The same as Wagtail's `.live().public()`, which asks the database once more at each call. Most
    sites restrict nothing, which is remembered.
    """
    if not remembered("restrictions", PageViewRestriction.objects.exists):
        return pages.live()
    path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    # Looked up one by one: of a join, SQLite may go through all pages for each page.
    top = Subquery(Page.objects.filter(pk=OuterRef("page_id")).values("path"))
    restricted = PageViewRestriction.objects.annotate(below=path).filter(below__startswith=top)
    return pages.live().filter(~Exists(restricted))
