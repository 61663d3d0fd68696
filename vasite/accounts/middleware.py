"""Sessions that last as long as somebody writes, and end without a loss."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from vasite.accounts.signing_in_again import ask_to_sign_in, refuse_script, wants_page
from vasite.forms.guard import is_from_elsewhere

RENEWAL_SECONDS = 3600
# What a person who is signed out may send; Wagtail's other views lead to the second of them.
OPEN_PATHS = ("/admin/session/", "/admin/login/", "/admin/logout/", "/admin/password_reset/")


class SessionMiddleware:
    """Renew the session of whoever works in the admin; keep what was sent after its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/") and request.user.is_authenticated:
            renew(request)
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        if (
            not request.path_info.startswith("/admin/")
            or request.method != "POST"
            or request.user.is_authenticated
            or request.path_info.startswith(OPEN_PATHS)
            or is_from_elsewhere(request)
        ):
            return None
        return ask_to_sign_in(request) if wants_page(request) else refuse_script(request)


def renew(request: HttpRequest) -> None:
    """Let the session last SESSION_COOKIE_AGE from now, written once an hour at most."""
    now = int(time.time())
    if now - request.session.get("renewed_at", 0) >= RENEWAL_SECONDS:
        request.session["renewed_at"] = now
