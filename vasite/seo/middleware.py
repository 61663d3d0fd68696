"""Each page has one address; one that leads nowhere is answered truthfully."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)

from vasite.pagecache.remembering import remembered
from vasite.seo import addresses
from vasite.seo.redirects import Destination

PROBES = {"/healthz", "/readyz", "/metrics"}


class AddressMiddleware:
    """Sends visitors to the right address in one step, and counts which missing addresses are
    asked for. A form whose page has moved follows it, with all that was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_file = request.path.startswith((settings.STATIC_URL, settings.MEDIA_URL))
        if request.path in PROBES or is_file:
            return self.get_response(request)
        is_reading = request.method in {"GET", "HEAD"}
        target = addresses.canonical_address(request) if is_reading else None
        if target:
            return redirect_to(target)
        if addresses.host_of(request) == addresses.SITE.netloc:
            with suppress(DatabaseError):  # the view's to tell
                vars(request)["_wagtail_site"] = remembered("site", addresses.site_record)
        response = self.get_response(request)
        if response.status_code == 404 and request.method == "POST":
            target = addresses.canonical_address(request)
            if target and target.url.startswith("/"):  # what was typed goes to no other site
                return HttpResponseRedirect(target.url, preserve_request=True)
        if response.status_code == 404 and is_reading and "\x00" not in request.path:
            try:
                if target := addresses.lower_case_address(request):
                    return redirect_to(target)
                addresses.note_missing(request.path)
            except DatabaseError:
                pass  # the answer stands without it
        return response


def redirect_to(target: Destination) -> HttpResponse:
    if target.is_permanent:
        return HttpResponsePermanentRedirect(target.url)
    return HttpResponseRedirect(target.url)
