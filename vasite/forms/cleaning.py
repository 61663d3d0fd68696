"""What every view may rely on: texts without control characters, numbers that a database holds."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from traceback import walk_tb
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import InvalidPage
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.urls import NoReverseMatch
from django.utils.datastructures import MultiValueDictKeyError

from vasite.characters import clean_text
from vasite.serving.errors import render_error
from vasite.serving.faults import place_of

logger = logging.getLogger("vasite.event")

LARGE_NUMBER = re.compile(r"\d{5}")  # beyond a year and a small integer
NUMERIC_VALUE_OUT_OF_RANGE = "22003"  # of PostgreSQL's error codes
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
        """Answer 404 where an address names a number that the database can't even look for, and
        400 where a form does. In the admin, what is gone or never was is answered with 404: some of
        Wagtail's views look it up by what was sent and expect it to be there (7.4)."""
        if request.path_info.startswith("/admin/"):
            if isinstance(exception, (ObjectDoesNotExist, InvalidPage)):
                return render_error(request, 404)
            if is_unreadable(request, exception):
                logger.warning("What was sent can't be read: %s", place_of(exception))
                return render_error(request, 404 if is_read(request) else 400)
        if not is_read(request):
            return render_error(request, 400) if is_out_of_range(exception) else None
        is_too_large = isinstance(exception, DataError) or is_out_of_range(exception)
        names_one = LARGE_NUMBER.search(unquote(request.get_full_path()))
        return render_error(request, 404) if is_too_large and names_one else None


def is_read(request: HttpRequest) -> bool:
    """Return whether a request only asks for something."""
    return request.method in {"GET", "HEAD"}


def is_unreadable(request: HttpRequest, exception: Exception) -> bool:
    """Return whether a view of Wagtail's stumbled over what no form of the admin sends: a field is
    missing, is no number, or leads nowhere (7.4).

    A fault in our own code is none of these, nor is a page that lacks something.
    """
    if isinstance(exception, NoReverseMatch):  # of redirect()
        return "next" in request.POST or "next" in request.GET
    if isinstance(exception, MultiValueDictKeyError):
        return True
    *_, (frame, _) = walk_tb(exception.__traceback__)
    place = frame.f_globals["__name__"]
    is_theirs = place.startswith(("wagtail.", "django.db.models.fields"))
    kinds = (ValueError,) if is_read(request) else (AttributeError, KeyError, ValueError)
    return is_theirs and isinstance(exception, kinds)


def is_out_of_range(exception: Exception) -> bool:
    """Return whether a database has refused a number for its size."""
    if isinstance(exception, IntegrityError):  # SQLite, of a LIMIT or OFFSET beyond 64 bits
        return str(exception) == "datatype mismatch"
    code = getattr(exception.__cause__, "pgcode", "")
    return isinstance(exception, OverflowError) or code == NUMERIC_VALUE_OUT_OF_RANGE


def clean_query(fields: QueryDict) -> QueryDict:
    """Return form fields or a query string with their names and values cleaned."""
    cleaned = QueryDict(mutable=True, encoding=fields.encoding)
    for name, values in fields.lists():
        for value in values:
            cleaned.appendlist(clean_text(name), clean_text(value))
    cleaned._mutable = False
    return cleaned
