"""What every view may rely on: texts without control characters, numbers that a database holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError

from vasite.characters import clean_text
from vasite.serving.errors import render_error

LARGE_NUMBER = re.compile(r"\d{5}")  # beyond a year and a small integer
MAX_NUMBER = 2**31 - 1  # in an address: above it there is no row, and a database may refuse it


class CleanInputMiddleware:
    """Clean the query string and the form fields of each request before its view.

    An address with a number that no row can have answers 404. A view marked `takes_raw_input` gets
    what was sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is not None:
            # Browsers send UTF-8. A charset of the sender's choice would be any codec of Python,
            # and hold for the query as well.
            request.encoding = None  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if any(isinstance(value, int) and value > MAX_NUMBER for value in kwargs.values()):
            raise Http404("A number that no row has")
        if getattr(view, "takes_raw_input", False):
            return
        request.GET = clean_query(request.GET)  # type: ignore[assignment]
        with suppress(UnreadablePostError):  # the view meets it again, and says so
            request.POST = clean_query(request.POST)  # type: ignore[assignment]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 404 where an address names a number that the database can't even look for."""
        is_too_large = isinstance(exception, OverflowError | DataError)
        if not is_too_large or request.method not in {"GET", "HEAD"}:
            return None
        names_one = LARGE_NUMBER.search(unquote(request.get_full_path()))
        return render_error(request, 404) if names_one else None


def clean_query(fields: QueryDict) -> QueryDict:
    """Return form fields or a query string with their names and values cleaned."""
    cleaned = QueryDict(mutable=True, encoding=fields.encoding)
    for name, values in fields.lists():
        for value in values:
            cleaned.appendlist(clean_text(name), clean_text(value))
    cleaned._mutable = False
    return cleaned
