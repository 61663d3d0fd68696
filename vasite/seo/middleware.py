"""Each page has one address; one that leads nowhere is answered truthfully."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from vasite.seo import addresses
from vasite.serving.errors import render_error

PROBES = {"/healthz", "/readyz", "/metrics"}


class AddressMiddleware:
    """Sends visitors to the right address in one step; answers 410 for what is gone, and counts
    which missing addresses are asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_reading = request.method in {"GET", "HEAD"} and request.path not in PROBES
        is_file = request.path.startswith((settings.STATIC_URL, settings.MEDIA_URL))
        if is_reading and not is_file:
            target = addresses.canonical_address(request)
            if target:
                return HttpResponsePermanentRedirect(target)
        response = self.get_response(request)
        if response.status_code == 404 and is_reading and "\x00" not in request.path:
            try:
                if addresses.is_former(request.path):
                    return render_error(request, 410)
                addresses.note_missing(request.path)
            except DatabaseError:
                pass  # the answer stands without it
        return response
