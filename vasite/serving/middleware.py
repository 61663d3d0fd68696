"""What every answer passes: the request's log line, the security headers, the 503 page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from vasite.serving.errors import render_error
from vasite.serving.inlining import LOADER, policy_source, styles

logger = logging.getLogger("vasite.request")
event_logger = logging.getLogger("vasite.event")
GetResponse = Callable[[HttpRequest], HttpResponse]

# Wagtail's admin still needs inline scripts and styles; nothing in it comes from another host.
ADMIN_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
# A mail shown in the admin: its own styles and the site's pictures, no script at all.
MAIL_PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
MAIL_POLICY = f"sandbox allow-popups allow-popups-to-escape-sandbox; {MAIL_PREVIEW_POLICY}"
# What stands before a token in an address
BEFORE_TOKENS = {
    "confirm",
    "follow",
    "moderate",
    "password_reset",
    "preferences",
    "preview",
    "unfollow",
    "unsubscribe",
    "your-data",
}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "payment",
        "usb",
    )
)


@cache
def public_policy() -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {policy_source(LOADER)}",
            f"style-src 'self' {policy_source(styles())}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-src https://www.youtube-nocookie.com https://player.vimeo.com",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",  # the admin's preview is a frame of the same origin
        ]
    )


class SecurityHeadersMiddleware:
    """Adds the Content-Security-Policy and Permissions-Policy that an answer lacks."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:  # PostgreSQL takes no NUL, not even to look for it
            response = render_error(request, 400)
        else:
            response = self.get_response(request)
        is_admin = request.path_info.startswith("/admin/")
        # A preview is rendered under /admin/ but shows a public page, with Wagtail's bar in it.
        response.headers.setdefault(
            "Content-Security-Policy", ADMIN_POLICY if is_admin else public_policy()
        )
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class RequestLogMiddleware:
    """Logs a line for each request: method, path without its token, status, milliseconds."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        milliseconds = round((time.perf_counter() - started) * 1000)
        path = loggable_path(request)
        facts = {
            "method": request.method,
            "path": path,
            "status": response.status_code,
            "milliseconds": milliseconds,
        }
        if not path.startswith(("/static/", "/healthz")):
            logger.info(
                "%s %s %d %d ms",
                *facts.values(),
                extra={"facts": facts},
            )
        return response


def loggable_path(request: HttpRequest) -> str:
    """Gives the path with each token, e-mail address or overlong part replaced by an ellipsis."""
    parts = request.path_info.split("/")
    return (
        "/".join(
            "…" if "@" in part or len(part) > 80 or _follows_token_word(parts, index) else part
            for index, part in enumerate(parts)
        )
        .encode("unicode_escape")
        .decode("ascii")
        .replace("\\u2026", "…")
    )


def _follows_token_word(parts: list[str], index: int) -> bool:
    return bool(BEFORE_TOKENS & set(parts[:index])) and bool(parts[index])


class UnavailableMiddleware:
    """Answers 503 while the database can't be reached, in place of a traceback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if settings.DEBUG or not isinstance(exception, OperationalError | InterfaceError):
            return None
        event_logger.error("The database can't be reached", exc_info=exception)
        return render_error(request, 503)
