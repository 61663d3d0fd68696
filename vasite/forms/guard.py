"""The same-origin guard that stands in for a CSRF cookie on public forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vasite.serving.errors import render_error

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
        if not getattr(view, "accepts_any_origin", False) and is_from_elsewhere(request):
            return render_error(request, 403)
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return None


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
