"""The type of a request's body, without what its sender claims beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.http import multipartparser
from django.utils.http import parse_header_parameters

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class WithoutParameters:
    """A WSGI application that keeps the parameters of a body's type from Django, but its boundary.

    Browsers send UTF-8. A charset of the sender's choice would be any codec of Python, such as
    "zlib", and Django decodes the query string with it while it makes the request: before any
    middleware, where the error is a 500. So are those of a parameter in parts (RFC 2231).
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        kind, semicolon, _ = claimed = environ.get("CONTENT_TYPE", "").partition(";")
        if semicolon:
            boundary = boundary_of("".join(claimed))
            environ["CONTENT_TYPE"] = f'{kind}; boundary="{boundary}"' if boundary else kind
        return self.application(environ, start_response)


def boundary_of(content_type: str) -> str:
    """Return what stands between the parts of a body (RFC 2046, 5.1.1); nothing where it cannot be
    read, or holds what would need to be escaped."""
    with suppress(ValueError):
        boundary = read_header(content_type)[1].get("boundary", "")
        return "" if {'"', "\\"} & set(boundary) else boundary
    return ""


def read_header(line: str) -> tuple[str, dict[str, str]]:
    """Return a header's value and parameters, as Django does.

    Raises ValueError for what can't be read; of parameters in parts (RFC 2231) without an order,
    Python's own reader raises TypeError, which Django 5.2 takes for a fault of the site.
    """
    try:
        value, parameters = parse_header_parameters(line)
    except TypeError:
        raise ValueError("Parts of a parameter without an order") from None
    return value, parameters


def pass_over_unreadable_parts() -> None:
    """Let Django pass over a header that can't be read in a part of a form, whatever the reason."""
    multipartparser.parse_header_parameters = read_header  # type: ignore[attr-defined]
