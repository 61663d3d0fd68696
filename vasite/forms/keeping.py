"""What was typed is not lost with a database or a disk that can't be used."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from vasite.business.last_known import last_known
from vasite.serving.errors import is_passing

logger = logging.getLogger("vasite.event")
LINES = ("name", "email", "phone")
TEXTS = ("message", "comment")
# Of the moment and of the browser: not to be sent with another try
PASSING = ("altcha", "seconds")


class KeepTypedMiddleware:
    """Answers a form that can't be stored with 503 and all that was typed, to be sent again.

    The page needs no database and no disk; it says how else the VA can be reached. Passwords are
    not shown, so a form with one gets the plain page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if settings.DEBUG or request.method != "POST" or not is_passing(exception):
            return None
        is_admin = request.path_info.startswith("/admin/")
        # What a script of the admin sends, the script still has
        is_script = is_admin and request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        if is_script or holds_password(request):
            return None
        logger.error("A form could not be stored", exc_info=exception)
        return kept_page(request, 503, is_admin=is_admin)


def holds_password(request: HttpRequest) -> bool:
    return any("password" in name for name in request.POST)


def kept_page(
    request: HttpRequest,
    status: int,
    *,
    is_admin: bool = False,
    hidden: dict[str, str] | None = None,
) -> HttpResponse:
    """Make the page with all that a form sent and a button to send it again; ask no database.

    `hidden` is sent with it.
    """
    hidden = hidden or {}
    fields = [(key, value) for key, values in request.POST.lists() for value in values if value]
    fields = [field for field in fields if field[0] not in PASSING and field[0] not in hidden]
    shown = () if is_admin else LINES + TEXTS
    path = request.get_full_path() if is_admin else request.path
    context = {
        "status": status,
        "action": path if status == 503 else request.build_absolute_uri(),
        "path": path,
        "is_admin": is_admin,
        "business": last_known(),
        "lines": [field for field in fields if field[0] in shown and field[0] in LINES],
        "texts": [field for field in fields if field[0] in shown and field[0] in TEXTS],
        "hidden": [field for field in fields if field[0] not in shown] + list(hidden.items()),
        "files": [file.name for _, files in request.FILES.lists() for file in files],
    }
    response = HttpResponse(render_to_string("kept.html", context), status=status)
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = "10"
    return response
