"""What each page was made from, and what changes it: found in the statements themselves.

A wrapper around every statement (Django's execute_wrapper) notes the tables that a page reads and
counts the writes. So nothing has to be declared, and a change by whatever way is seen: an editor,
a command, a bulk update.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings

from vasite.pagecache.front import Front
from vasite.pagecache.generations import ALL, WITHDRAWN, Closable, Generations, State, slot_of
from vasite.pagecache.shared_generations import SharedGenerations

READ = re.compile(r'\b(?:FROM|JOIN)\s+"?(\w+)"?', re.I)
WRITE = re.compile(
    r'\s*(?:(INSERT)(?:\s+OR\s+\w+)?\s+INTO|(UPDATE)(?:\s+ONLY)?|(DELETE)\s+FROM)\s+"?(\w+)"?', re.I
)
DEFINITION = re.compile(r"\s*(?:CREATE|ALTER|DROP|TRUNCATE|REINDEX)\b", re.I)
COLUMN = re.compile(r'"(\w+)" = ')

# Tables that no page shows, whose writes are not counted; a page that reads from one is not kept
UNSEEN_TABLES: set[str] = set()
# Columns of a table whose change no visitor can see
UNSEEN_COLUMNS: dict[str, set[str]] = {}
# Tables of which a new row is seen only if one of its values is this
SEEN_VALUES: dict[str, Any] = {}


class Reading(threading.local):
    """The tables that this thread reads from, while somebody wants to know."""

    tables: set[str] | None = None


reading = Reading()


@cache
def _generations(process: int) -> Generations:
    if settings.PAGE_COUNTERS_SHARED:
        return SharedGenerations(settings.PAGE_CACHE_DIR)
    return Generations(settings.PAGE_CACHE_DIR, front().take_away)


@cache
def front() -> Front:
    """Gives the pages that lie in front."""
    return Front(settings.PAGE_CACHE_DIR / "front")


def generations() -> Generations:
    """Gives this process's view of the counters."""
    return _generations(os.getpid())


@contextmanager
def noting_tables() -> Iterator[set[str]]:
    """Gives a set that fills with the tables this thread reads from."""
    outer, reading.tables = reading.tables, set()
    try:
        yield reading.tables
    finally:
        reading.tables = outer


def note_tables(tables: Iterable[str]) -> None:
    """Notes tables that are read from by way of what is remembered of them."""
    if reading.tables is not None:
        reading.tables.update(tables)


class Writes:
    """The writes of one connection's open transaction."""

    def __init__(self) -> None:
        self.slots: set[int] = set()
        self.sign: Closable | None = None

    def begin(self, slot: int) -> None:
        if slot in self.slots:
            return
        if not self.slots:
            self.sign = generations().start_writing()
        self.slots.add(slot)
        generations().begin([slot])

    def are_awaited(self, connection: Any) -> bool:
        """Whether a transaction is open that will tell of them when it is committed."""
        calls = (call for _, call, *_ in connection.run_on_commit)
        return is_in_transaction(connection) and self.end in calls

    def end(self) -> None:
        if self.slots:
            generations().end(self.slots)
            self.slots.clear()
        if self.sign:
            self.sign.close()
            self.sign = None


def watch(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Runs a statement, noting what it reads and counting what it writes."""
    connection = context["connection"]
    writes = writes_of(connection)
    if writes.slots and not writes.are_awaited(connection):
        writes.end()  # they were rolled back, with their transaction or to a savepoint
    text = sql if isinstance(sql, str) else str(sql)
    written = slot_written(text, None if many else params)
    if written is None:
        if reading.tables is not None:
            note_tables(READ.findall(text))
        return execute(sql, params, many, context)
    if not writes.slots and is_in_transaction(connection):
        connection.on_commit(writes.end)
    writes.begin(written)
    try:
        return execute(sql, params, many, context)
    finally:
        if not is_in_transaction(connection):
            writes.end()


def is_in_transaction(connection: Any) -> bool:
    return bool(connection.in_atomic_block)


def slot_written(sql: str, params: Sequence[Any] | None) -> int | None:
    """Gives the slot that a statement changes for visitors, if it does; `params` are None where
    they are those of many rows."""
    found = WRITE.match(sql)
    if not found:
        return ALL if DEFINITION.match(sql) else None
    insert, update, _, table = found.groups()
    if table in UNSEEN_TABLES:
        return None
    if insert and table in SEEN_VALUES and params and SEEN_VALUES[table] not in params:
        return None
    if update and table in UNSEEN_COLUMNS:
        columns = COLUMN.findall(sql.partition(" WHERE ")[0])
        if columns and UNSEEN_COLUMNS[table].issuperset(columns):
            return None
    return slot_of(table)


def state_since(before: tuple[int, ...], tables: set[str]) -> State | None:
    """Gives the state of what was made from some tables since a snapshot; None where it can't be
    known whether that will stand."""
    if tables & UNSEEN_TABLES:
        return None
    return generations().state(before, tables)


def writes_of(connection: Any) -> Writes:
    if not hasattr(connection, "page_writes"):
        connection.page_writes = Writes()
    return connection.page_writes


def withdraw(**_: Any) -> None:
    """Sees to it that nothing older is shown any more, not even while the database is down."""
    generations().change(WITHDRAWN)


def change_everything() -> None:
    """Makes every page be made anew."""
    generations().change(ALL)
