"""What an owner searches for in the admin, with a colon in it."""

from __future__ import annotations

import re
from typing import Any

from modelsearch.utils import parse_query_string
from wagtail.admin.views.pages import search

KNOWN_FILTERS = {"live", "published"}
COLON = re.compile(r"(\w+):(?=\w|[\"'])")


def keep_words(query: str, **options: Any) -> Any:
    """Parse a query as Wagtail does, but take no word before a colon for a filter that isn't one.

    `title:x` looks for x, which the search of pages finds in titles; `12:30` for both numbers.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name.lower() in KNOWN_FILTERS:
            return match[0]
        return "" if name.lower() == "title" else f"{name} "

    return parse_query_string(COLON.sub(replace, query), **options)


def keep_words_in_admin_search() -> None:
    """Give Wagtail's search and chooser of pages `keep_words` (no setting for it, read in 7.4)."""
    search.parse_query_string = keep_words
