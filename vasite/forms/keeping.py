"""What was typed is not lost with a database that can't be reached."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from vasite.business.last_known import last_known

logger = logging.getLogger("vasite.event")
LINES = ("name", "email", "phone")
TEXTS = ("message", "comment")
# Of the moment and of the browser: not to be sent with another try
PASSING = ("altcha", "seconds")


class KeepTypedMiddleware:
    """Answers a form that can't be stored with 503 and all that was typed, to be sent again.

    The page needs no database; it says how else the VA can be reached.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        is_form = request.method == "POST" and not request.path_info.startswith("/admin/")
        if not is_form or not isinstance(exception, OperationalError | InterfaceError):
            return None
        if settings.DEBUG:
            return None
        logger.error("A form could not be stored", exc_info=exception)
        fields = [(key, value) for key, values in request.POST.lists() for value in values if value]
        typed = {
            "lines": [field for field in fields if field[0] in LINES],
            "texts": [field for field in fields if field[0] in TEXTS],
            "hidden": [field for field in fields if field[0] not in LINES + TEXTS + PASSING],
            "files": [file.name for _, files in request.FILES.lists() for file in files],
        }
        page = render_to_string(
            "kept.html", {"path": request.path, "business": last_known(), **typed}
        )
        headers = {"Cache-Control": "no-store", "Retry-After": "10"}
        return HttpResponse(page, status=503, headers=headers)
