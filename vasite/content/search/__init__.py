"""Wagtail's database search on both databases, ranked in one pass on SQLite."""

from __future__ import annotations

from typing import Any

from django.db import connection
from modelsearch.backends import database


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 - the name that Wagtail loads
    """Gives the backend that fits the database."""
    if connection.vendor != "sqlite":
        return database.SearchBackend(params)
    from vasite.content.search.sqlite import RankedSQLiteSearchBackend  # fails elsewhere

    return RankedSQLiteSearchBackend(params)
