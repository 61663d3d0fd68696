"""What a fixture stores, put into the database again for the next test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

Row = tuple[Any, ...]


class Snapshot:
    """The rows that a function adds, changes and removes, which is called for the first test only.

    The test must run in a transaction that is rolled back. Signals are sent the first time only.
    """

    def __init__(self, build: Callable[[], object]) -> None:
        self.build = build
        self.removed: dict[str, list[Row]] = {}
        self.added: dict[str, list[Row]] = {}

    def restore(self) -> None:
        if not self.added:
            before = rows_by_key()
            self.build()
            after = rows_by_key()
            self.removed = {table: missing(before[table], rows) for table, rows in after.items()}
            self.added = {table: missing(rows, before[table]) for table, rows in after.items()}
            return
        with connection.cursor() as cursor:
            for table, rows in self.removed.items():
                if rows:
                    key = connection.introspection.get_primary_key_column(cursor, table)
                    delete = f'DELETE FROM "{table}" WHERE "{key}" = %s'  # noqa: S608
                    cursor.executemany(delete, [row[:1] for row in rows])
            for table, rows in self.added.items():
                if rows:
                    places = ", ".join(["%s"] * len(rows[0]))
                    insert = f'INSERT INTO "{table}" VALUES ({places})'  # noqa: S608
                    cursor.executemany(insert, rows)


def missing(rows: dict[Any, Row], others: dict[Any, Row]) -> list[Row]:
    """Return the rows that are not among the others as they are."""
    return [row for key, row in rows.items() if others.get(key) != row]


def rows_by_key() -> dict[str, dict[Any, Row]]:
    """Return the rows of each table by their key, which is the first column."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if "_fts" not in table:  # what SQLite's full-text search keeps by itself
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                found[table] = {row[0]: row for row in cursor.fetchall()}
    return found
