"""What the header and the footer of every page lead to."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from wagtail.models import Page, Site

from contact.models import ContactPage

register = template.Library()


@register.simple_tag(takes_context=True)
def site_pages(context: Context) -> list[dict[str, Any]]:
    """The live pages below the home page in the order of the explorer.

    Each as a dict: title, url, whether it is in the menu, whether it is (or holds) this page.
    """
    request = context["request"]
    site = Site.find_for_request(request)
    if not site:
        return []
    pages = Page.objects.child_of(site.root_page).live().public().order_by("path")
    return [
        {
            "title": page.title,
            "url": page.get_url(request),
            "is_in_menu": page.show_in_menus,
            "is_current": request.path.startswith(page.get_url(request) or "\0"),
        }
        for page in pages
    ]


@register.simple_tag(takes_context=True)
def contact_url(context: Context, service: Any = None) -> str:
    """The contact page's address, with the service that the enquiry is about."""
    request = context.get("request")
    if request is not None and hasattr(request, "contact_url"):
        url = request.contact_url
    else:
        page = ContactPage.objects.live().first()
        url = page.get_url(request) if page else "/contact/"
        if request is not None:
            request.contact_url = url
    return f"{url}?service={service.slug}" if service else url
