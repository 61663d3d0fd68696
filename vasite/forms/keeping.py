"""What was typed is not lost when it can't be stored."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes

from vasite.business.last_known import last_known
from vasite.forms.text_quota import TooMuchTextError
from vasite.serving.errors import error_response, is_of_storage

logger = logging.getLogger("vasite.event")
LINES = ("name", "email", "phone")
TEXTS = ("message", "comment", "answer")
ANSWER = "question-"  # to a question of the owner's own
# Of the moment and of the browser: not to be sent with another try
PASSING = ("altcha", "seconds")
GONE = (404, 405)  # 405 where a page without a form has its address now


class KeepTypedMiddleware:
    """Answers a form that can't be stored with all that was typed, to be sent again: 503, 404 where
    its page is gone meanwhile, or 429 where its network has had too much stored.

    The page needs no database and no disk; it says how else the VA can be reached. Passwords are
    not shown, so a form with one gets the plain page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_lost = response.status_code in GONE and request.method == "POST"
        return kept_page(request, 404) if is_lost and holds_words(request) else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TooMuchTextError):
            logger.warning("A form was refused: its network has had too much stored")
            return kept_page(request, 429)
        if settings.DEBUG or request.method != "POST" or not is_of_storage(exception):
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


def holds_words(request: HttpRequest) -> bool:
    """Return whether a visitor's form holds what would be lost."""
    if request.path_info.startswith("/admin/") or holds_password(request):
        return False
    return any(request.POST.get(name, "").strip() for name in LINES + TEXTS)


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
    lines, texts, hidden_fields = [], [], list(hidden.items())
    for name, value in fields:
        if not is_admin and name in LINES:
            lines.append((name, value))
        elif not is_admin and (name in TEXTS or name.startswith(ANSWER)):
            texts.append((name, "answer" if name.startswith(ANSWER) else name, value))
        else:
            hidden_fields.append((name, value))
    path = escape_leading_slashes(request.get_full_path())  # "//…" would be another host
    context = {
        "status": status,
        "action": request.build_absolute_uri() if status == 403 else path,
        "path": path,
        "is_admin": is_admin,
        "business": last_known(),
        "lines": lines,
        "texts": texts,
        "hidden": hidden_fields,
        "files": [file.name for _, files in request.FILES.lists() for file in files],
    }
    return error_response(render_to_string("kept.html", context), status)
