"""Numbers that strangers choose: in addresses spelled in one way, ASCII digits without a leading
zero, and nowhere more than the database holds.

Python and Django read the digits of every script, any count of zeros and any length. Each spelling
would be an address of its own to the page cache, and more digits than the database holds an error.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler
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


class IntegerFieldIn(In):
    """`__in` of whole numbers, as Django 5.2 has it for `__exact`: one that the column can't hold
    is in no row, where SQLite raises OverflowError and PostgreSQL may raise DataError.

    It is what ModelMultipleChoiceField and `in_bulk()` look ticked boxes and stored links up with.
    """

    def process_rhs(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            low, high = connection.ops.integer_field_range(kind)
            self.rhs = [number for number in self.rhs if number is None or low <= number <= high]
        return super().process_rhs(compiler, connection)
