"""`{% metadata %}`: the head of the page shown, for search engines and previews."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from vasite.seo.metadata import numbered, page_metadata

register = template.Library()


@register.inclusion_tag("components/metadata.html", takes_context=True)
def metadata(
    context: Context, title: str = "", description: str = "", is_indexed: bool = True
) -> dict[str, Any]:
    """Takes title and description for views that show a page under another one.

    Reads from the context `trail`, the way from the home page to this one, and `pagination`, the
    page of a list that is shown.
    """
    page, request = context.get("page"), context["request"]
    number = context["pagination"].number if context.get("pagination") is not None else 1
    if page is None or (getattr(page, "pk", None) is None and not page.path):
        return {"title": numbered(title, number), "site_name": context["business"].name}
    return {
        "metadata": page_metadata(
            request,
            page,
            title=title,
            description=description,
            is_indexed=is_indexed and not getattr(request, "is_preview", False),
            number=number,
            trail=context.get("trail") or (),
        )
    }
