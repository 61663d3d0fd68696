"""The same-origin guard that stands in for a CSRF cookie on public forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from vasite.forms.keeping import holds_password, kept_page
from vasite.serving.buffers import MAX_BODY_BYTES
from vasite.serving.errors import render_error
from vasite.serving.visitors import client_address, network_of_address

PASS_FIELD, PASS_SALT, PASS_SECONDS = "pass", "vasite.forms.guard", 3600
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class SameOriginMiddleware:
    """Refuses a public form that another site's page sent, and shows it for its sender to send.

    Translated and saved pages and some privacy settings look like another site. The page that is
    shown carries a pass, so that it is taken even if it looks so again.

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
        if request.method in SAFE_METHODS:
            return None
        if is_too_large(request):  # the server has not waited for it: there is nothing to read
            return render_error(request, 413)
        if request.path_info.startswith("/admin/"):
            # A token goes stale when its owner signs in anew in another tab; a browser's word that
            # the form is ours does not. Without that word Django asks for the token.
            if is_from_here(request):
                request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
            return None
        if not getattr(view, "accepts_any_origin", False):
            if fault := fault_of(request):
                return render_error(request, fault)
            if is_from_elsewhere(request) and not has_pass(request):
                if holds_password(request):  # which no page shows
                    return render_error(request, 403)
                return kept_page(request, 403, hidden={PASS_FIELD: make_pass(request)})
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return None


def fault_of(request: HttpRequest) -> int:
    """Return the status with which a form is refused unread: 411; 0 for a good one.

    Django reads no body without a length (RFC 9110, 15.5.12), so one that came in chunks would
    look empty; nginx and Caddy give it a length.
    """
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return 411
    return 0


def is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > MAX_BODY_BYTES


def make_pass(request: HttpRequest) -> str:
    """Sign the sender's network: another site can't fetch a pass on behalf of its visitors."""
    return signing.dumps(network_of_address(client_address(request)), salt=PASS_SALT)


def has_pass(request: HttpRequest) -> bool:
    """Tell whether a form was sent from the page that showed it to this network."""
    try:
        network = signing.loads(
            request.POST.get(PASS_FIELD, ""), salt=PASS_SALT, max_age=PASS_SECONDS
        )
    except signing.BadSignature:
        return False
    return bool(network == network_of_address(client_address(request)))


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether a browser says that the request was made by one of our own pages."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site == "same-origin"
    return bool(request.headers.get("Origin")) and not is_from_elsewhere(request)


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Tells whether a browser says that the request was made by another site's page."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if not origin:
        return False
    hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    try:
        return urlsplit(origin).netloc not in hosts
    except ValueError:  # "http://[": no origin at all
        return True
