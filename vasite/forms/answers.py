"""How a form's post is answered."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the next page with GET (RFC 9110, 15.4.4)."""

    status_code = 303


def with_faults(response: HttpResponse) -> HttpResponse:
    """Gives a page with a faulty form its status, 422, never to be kept by a cache."""
    response.status_code = 422
    response["Cache-Control"] = "no-store"
    return response


def came_from(request: HttpRequest) -> str:
    """Gives the path of our page that held the form, or the host of another site's."""
    parts = urlsplit(request.headers.get("Referer", ""))
    own_hosts = {urlsplit(settings.SITE_URL).netloc, request.get_host()}
    return (parts.path if parts.netloc in own_hosts else parts.netloc)[:300]
