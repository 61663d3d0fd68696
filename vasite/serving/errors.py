"""Error pages in the site's look that need no database."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def render_error(request: HttpRequest, status: int) -> HttpResponse:
    """Gives the page of `templates/<status>.html` with that status, never to be cached."""
    make = error_page.__wrapped__ if settings.DEBUG else error_page
    response = HttpResponse(make(status), status=status)
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = "10"
    return response


@cache
def error_page(status: int) -> str:
    return render_to_string(f"{status}.html", request=None)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return render_error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return render_error(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return render_error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return render_error(request, 500)
