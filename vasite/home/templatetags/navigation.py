"""What the header and the footer of every page lead to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.apps import apps
from django.http import HttpRequest
from django.template import Context
from django.utils.encoding import escape_uri_path
from wagtail.models import Page, Site

from contact.models import ContactPage
from vasite.content.visibility import path_of, visible
from vasite.pagecache.remembering import remembered

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """A page of the menu or the footer; `is_current` when it is, or holds, the page shown."""

    title: str
    url: str
    is_in_menu: bool
    is_current: bool = False


@register.simple_tag(takes_context=True)
def site_pages(context: Context) -> list[Entry]:
    """The visible pages below the home page in the order of the explorer."""
    return entries(context["request"])


@register.simple_tag
def page_path(page_type: str) -> str:
    """The path of the page of a type such as "blog.BlogIndexPage"; empty while there is none."""
    return path_of(apps.get_model(page_type))


@register.simple_tag
def contact_url(service: Any = None) -> str:
    """The contact page's path, with the service that the enquiry is about; empty without one."""
    path = path_of(ContactPage)
    return f"{path}?service={service.slug}" if path and service else path


@register.simple_tag(takes_context=True)
def breadcrumbs(context: Context, title: str = "") -> list[tuple[str, str]]:
    """The way from the home page to what is shown, each with title and path.

    Takes the title of what is shown under the page's own, such as an archive.
    """
    request, page = context["request"], context.get("page")
    if page is None or getattr(request, "is_preview", False) or request.path == "/":
        return []
    path = escape_uri_path(request.path)
    if not any(entry.is_current for entry in entries(request)):
        path = page.get_url(request) or path  # its form's own address, with the form's errors
    above = [(entry.title, entry.url) for entry in entries(request) if is_or_holds(entry, path)]
    trail = [("Home", "/"), *above]
    shown = title or page.title
    if trail[-1][0] == shown:  # what is shown in the name of that page, such as its form's errors
        trail[-1] = (shown, path)
    elif trail[-1][1] != path:
        trail.append((shown, path))
    return trail


def entries(request: HttpRequest) -> list[Entry]:
    """Asks the database once a request."""
    if not hasattr(request, "site_pages"):
        request.site_pages = read_entries(request)  # type: ignore[attr-defined]
    return request.site_pages  # type: ignore[attr-defined]


def read_entries(request: HttpRequest) -> list[Entry]:
    site = Site.find_for_request(request)
    if not site:
        return []

    def read() -> list[Entry]:
        return [
            Entry(
                title=page.title,
                url=page.relative_url(site),
                is_in_menu=page.show_in_menus,
            )
            for page in visible(Page.objects.child_of(site.root_page)).order_by("path")
        ]

    path = escape_uri_path(request.path)  # as a page's own is
    found = remembered(f"pages of site {site.pk}", read)
    return [replace(entry, is_current=is_or_holds(entry, path)) for entry in found]


def is_or_holds(entry: Entry, path: str) -> bool:
    return path.startswith(entry.url or "\0")
