"""Wagtail's database search on both databases, with words found in any spelling."""

from __future__ import annotations

from typing import Any

from django.db import connection


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 - the name that Wagtail loads
    """Gives the backend that fits the database; that of the other one fails when imported."""
    if connection.vendor == "sqlite":
        from vasite.content.search.sqlite import RankedSQLiteSearchBackend

        return RankedSQLiteSearchBackend(params)
    from vasite.content.search.postgresql import FoldedPostgresSearchBackend

    return FoldedPostgresSearchBackend(params)
