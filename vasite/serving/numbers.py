"""Numbers in web addresses, spelled in one way: ASCII digits without a leading zero.

Python and Django read the digits of every script, any count of zeros and any length. Each spelling
would be an address of its own to the page cache, and more digits than the database holds an error.
"""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest
from django.urls.converters import IntConverter


class NumberConverter(IntConverter):
    """`<number:…>` in a route: a whole number from 1 that fits into a BigIntegerField."""

    regex = "[1-9][0-9]{0,17}"


NUMBER = re.compile(NumberConverter.regex)


def is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


def number_asked_for(request: HttpRequest, name: str) -> int | None:
    """Return the number that a query gives, None where it doesn't name it; raise Http404 for
    anything else than a number."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not is_number(text):
        raise Http404(f"{name} is no number")
    return int(text)
