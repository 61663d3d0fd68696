"""The answer to an address that has no page."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse

from contact.models import ContactPage
from vasite.content.visibility import path_of
from vasite.home.templatetags.navigation import entries
from vasite.seo.addresses import is_former
from vasite.serving.errors import DATABASE_GONE, render_error


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: the error page with the menu's pages, as far as they can be read; 410
    where a page is gone for good."""
    pages: tuple[tuple[str, str], ...] = ()
    status = 404
    with suppress(*DATABASE_GONE):
        contact = path_of(ContactPage)
        pages = tuple(
            (entry.title, entry.url)
            for entry in entries(request)
            if entry.is_in_menu or entry.url == contact
        )
        if request.method in {"GET", "HEAD"} and is_former(request.path):
            status = 410
    return render_error(request, status, pages)
