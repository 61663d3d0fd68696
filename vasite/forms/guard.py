"""The same-origin guard that stands in for a CSRF cookie on public forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vasite.serving.errors import render_error

BODY_LIMIT = 36 * 1024 * 1024  # bytes: three files of 10 MB, coded, and the longest message
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class SameOriginMiddleware:
    """Refuses a public form that another site's page sent.

    Browsers say where a POST comes from: Sec-Fetch-Site (Fetch Metadata) or Origin (RFC 6454).
    That tells a foreign form from our own without a cookie, so pages stay the same for every
    visitor. A client that sends neither is no browser and carries no one's authority. The admin
    keeps Django's CSRF protection. A view marked `accepts_any_origin` is left alone (RFC 8058's
    one-click unsubscribe comes from mail providers).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        if request.path_info.startswith("/admin/") or request.method in SAFE_METHODS:
            return None
        if not getattr(view, "accepts_any_origin", False) and (fault := fault_of(request)):
            return render_error(request, fault)
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return None


def fault_of(request: HttpRequest) -> int:
    """Gives the status with which a form is refused unread: 403, 411, 413; 0 for a good one.

    Django reads no body without a length (RFC 9110, 15.5.12), so one that came in chunks would
    look empty; nginx and Caddy give it a length.
    """
    if is_from_elsewhere(request):
        return 403
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return 411
    length = request.META.get("CONTENT_LENGTH") or "0"
    return 413 if not length.isdecimal() or int(length) > BODY_LIMIT else 0


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Tells whether a browser says that the request was made by another site's page."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if not origin:
        return False
    hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    return urlsplit(origin).netloc not in hosts
