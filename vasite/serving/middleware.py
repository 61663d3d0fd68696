"""What every answer passes: the request's log line, the security headers, the 503 page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.http import HttpRequest, HttpResponse

from vasite.request_ids import HEADER, request_id_for
from vasite.serving.buffers import ARRIVED_AT
from vasite.serving.errors import is_passing, render_error
from vasite.serving.inlining import LOADER, policy_source, styles
from vasite.serving.logs import BEFORE_TOKENS

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


READING_LOCK_TIMEOUT = 1  # seconds
LOCK_TIMEOUT = "lock_timeout"  # attribute of a connection: milliseconds


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


# RFC 9110, 15.1. A page without a policy (200) is that of somebody who is signed in.
KEPT_WITHOUT_POLICY = {300, 301, 308, 404, 405, 410, 414, 501}


class RequestIDMiddleware:
    """Gives each request its id, and each response that no shared cache keeps."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_id_for(request.META) as request_id:
            response = self.get_response(request)
        policy = response.get("Cache-Control", "")
        is_kept = "public" in policy if policy else response.status_code in KEPT_WITHOUT_POLICY
        if not is_kept:
            response[HEADER] = request_id
        return response


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
        if response.status_code == 405 and not response.content:
            response.content = render_error(request, 405).content
            response["Content-Length"] = str(len(response.content))
        # A preview is rendered under /admin/ but shows a public page, with Wagtail's bar in it.
        response.headers.setdefault(
            "Content-Security-Policy", ADMIN_POLICY if is_admin else public_policy()
        )
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if is_admin:  # Wagtail says so itself, but not of bulk actions (7.4)
            response.headers.setdefault("Cache-Control", "private, no-store")
        if request.path_info.startswith("/documents/"):  # whose collection may become private
            cookies = request.headers.get("Cookie", "")
            is_opened = settings.ACCESS_COOKIE_PREFIX in cookies or is_signed_in(cookies)
            policy = "private, no-store" if is_opened else "no-cache"
            response.headers.setdefault("Cache-Control", policy)
        return response


def is_signed_in(cookies: str) -> bool:
    return f"{settings.SESSION_COOKIE_NAME}=" in cookies


class AdminSessionMiddleware(SessionMiddleware):
    """Sessions for the admin alone: at no other address one is stored or its cookie set.

    What is written to a session elsewhere lasts for that request.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        if request.path_info.startswith("/admin/"):
            return super().process_response(request, response)
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
    return not set(BEFORE_TOKENS).isdisjoint(parts[:index]) and bool(parts[index])


class UnavailableMiddleware:
    """Answers 503 while the database or the disk can't be used, in place of a traceback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if settings.DEBUG or not is_passing(exception):
            return None
        event_logger.error("The database or the disk can't be used", exc_info=exception)
        return render_error(request, 503)


class LockTimeoutMiddleware:
    """Bounds how long a request waits for a SQLite database that somebody else has locked.

    A form is patient, for as long as the settings say from the moment it arrived: time spent
    waiting for a thread counts. Who only reads a public page isn't kept waiting for what it counts.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if connection.vendor == "sqlite":
            setattr(connection, LOCK_TIMEOUT, lock_timeout(request))
            if connection.connection is not None:
                apply_lock_timeout(connection)
        return self.get_response(request)


def apply_lock_timeout(connection: Any, **_: Any) -> None:
    """Tell a connection that is open, or has just been opened, how long its request may wait."""
    if hasattr(connection, LOCK_TIMEOUT):
        milliseconds = getattr(connection, LOCK_TIMEOUT)
        connection.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")


def lock_timeout(request: HttpRequest) -> int:
    """Return how many milliseconds a request may wait for a lock."""
    seconds = connection.settings_dict["OPTIONS"]["timeout"]
    if request.method in {"GET", "HEAD"} and not request.path_info.startswith("/admin/"):
        seconds = READING_LOCK_TIMEOUT
    now = time.monotonic()
    return max(0, round((seconds - now + request.META.get(ARRIVED_AT, now)) * 1000))
