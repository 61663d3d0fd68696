"""`{% metadata %}`: title, description, canonical address and Open Graph of the page shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from vasite.seo.metadata import page_metadata

register = template.Library()


@register.inclusion_tag("components/metadata.html", takes_context=True)
def metadata(
    context: Context, title: str = "", description: str = "", is_indexed: bool = True
) -> dict[str, Any]:
    """Takes title and description for views that show a page under another one."""
    page, request = context.get("page"), context["request"]
    if page is None or (getattr(page, "pk", None) is None and not page.path):
        return {"title": title, "site_name": context["business"].name, "is_indexed": False}
    return {"metadata": page_metadata(request, page, title, description), "is_indexed": is_indexed}
