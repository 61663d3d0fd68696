"""How a form's post is answered."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse

from vasite.characters import clean_text


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the next page with GET (RFC 9110, 15.4.4)."""

    status_code = 303


def with_faults(response: HttpResponse) -> HttpResponse:
    """Gives a page with a faulty form its status, 422, never to be kept by a cache."""
    response.status_code = 422
    response["Cache-Control"] = "no-store"
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        response.add_post_render_callback(name_error_in_title)
    else:
        name_error_in_title(response)
    return response


def name_error_in_title(response: HttpResponse) -> None:
    """Begin a page's title with "Error: ", as the GOV.UK Design System does: it is what a screen
    reader says first."""
    response.content = response.content.replace(b"<title>", b"<title>Error: ", 1)


def came_from(request: HttpRequest) -> str:
    """Gives the path of our page that held the form, or the host of another site's."""
    try:
        parts = urlsplit(clean_text(request.headers.get("Referer", "")))
    except ValueError:  # "http://[": no browser sends it
        return ""
    own_hosts = {urlsplit(settings.SITE_URL).netloc, request.get_host()}
    return (parts.path if parts.netloc in own_hosts else parts.netloc)[:300]
