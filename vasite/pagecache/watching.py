"""What each page was made from, and what changes it: found in the statements themselves.

A wrapper around every statement (Django's execute_wrapper) notes the tables that a page reads and
counts the writes. So nothing has to be declared, and a change by whatever way is seen: an editor,
a command, a bulk update. Only a statement in one of the forms that Django writes counts for its
table alone; what is neither that nor known to change nothing counts for all pages.

What doesn't come over Django's connection (psql, sqlite3) isn't seen: `manage.py clear_page_cache`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings

from vasite.pagecache.front import Front
from vasite.pagecache.generations import ALL, WITHDRAWN, Closable, Generations, State, slot_of
from vasite.pagecache.shared_generations import SharedGenerations

# Django separates tables that are no join of its own by commas
READ = re.compile(r'(?:\b(?:FROM|JOIN)\s+|\s,\s)"?(\w+)"?', re.I)
COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*(?:(?!/\*).)*?\*/)*", re.S)
# Statements that change nothing that a page shows
HARMLESS = re.compile(
    r"[(\s]*(?:SELECT|VALUES|WITH|BEGIN|START|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|SET|RESET|SHOW|PRAGMA"
    r"|LOCK|DECLARE|FETCH|MOVE|CLOSE|LISTEN|UNLISTEN|NOTIFY)\b",
    re.I,
)
# but for what may stand in or behind them
WRITES_ALL_THE_SAME = re.compile(
    r"\b(?:INTO|INSERT|DELETE|MERGE|REPLACE|TRUNCATE|PREPARED)\b(?!\s*\()"
    r"|(?<!\bFOR )(?<!\bKEY )\bUPDATE\b|;\s*\S",
    re.I,
)
WRITE = re.compile(
    r"""
    INSERT\s+(?:OR\s+IGNORE\s+)?INTO\s+"?(?P<into>\w+)"?\s*(?:\(|(?:VALUES|SELECT|DEFAULT)\b)
    | UPDATE\s+(?:ONLY\s+)?"?(?P<updated>\w+)"?\s+SET\s
    | DELETE\s+FROM\s+(?:ONLY\s+)?"?(?P<deleted_from>\w+)"?(?:\s+WHERE\b|\s*\Z)
    """,
    re.I | re.X,
)
# In a write: it may write to another table, too. Django casts the times of many rows on PostgreSQL.
ANOTHER = re.compile(r";\s*\S|\bWITH\b(?! TIME ZONE\b)", re.I)
# An update that sets columns to values and does nothing else, as Django writes it
SET_VALUES = re.compile(r'UPDATE "\w+" SET (?P<columns>(?:"\w+" = (?:%s|NULL)(?:, )?)+) WHERE ')
COLUMN = re.compile(r'"(\w+)" = ')
# An insert of values all of which are parameters
INSERTED_VALUES = re.compile(
    r'INSERT INTO "\w+" \([^()]*\) VALUES (?:\(%s(?:, %s)*\)(?:, )?)+(?: RETURNING .*)?'
)
# Calls of a cursor by which statements go past Django's execute wrappers
UNWRAPPED = {
    "sqlite": ["executescript"],
    "postgresql": ["callproc", "copy_expert", "copy_from"],
}

OPEN = {1, 2, 3}  # a transaction in use, idle or failed (libpq, PQtransactionStatus)

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
def generations() -> Generations:
    """Return this process's view of the counters; a fork forgets that of its parent."""
    if settings.PAGE_COUNTERS_SHARED:
        return SharedGenerations(settings.PAGE_CACHE_DIR)
    return Generations(settings.PAGE_CACHE_DIR, front().take_away)


@cache
def front() -> Front:
    """Gives the pages that lie in front."""
    return Front(settings.PAGE_CACHE_DIR / "front")


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
    if writes.slots and not (writes.are_awaited(connection) or is_open_by_hand(connection)):
        writes.end()  # they were rolled back, with their transaction or to a savepoint
    text = sql if isinstance(sql, str) else str(sql)
    written = slot_written(text, None if many else params)
    if written is None:
        if reading.tables is not None:
            note_tables(READ.findall(text))
        try:
            return execute(sql, params, many, context)
        finally:
            end_if_done(connection, writes)  # by a COMMIT
    if not writes.slots and is_in_transaction(connection):
        connection.on_commit(writes.end)
    writes.begin(written)
    try:
        return execute(sql, params, many, context)
    finally:
        end_if_done(connection, writes)


def watch_calls(connection: Any) -> None:
    """Count for all pages each call of a cursor that goes past the execute wrappers."""
    names = UNWRAPPED[connection.vendor]

    def watched(make_cursor: Callable[..., Any]) -> Callable[..., Any]:
        def make(cursor: Any) -> Any:
            made = make_cursor(cursor)
            for name in names:
                setattr(made, name, counted(getattr(made, name), name, connection))
            return made

        return make

    connection.make_cursor = watched(connection.make_cursor)
    connection.make_debug_cursor = watched(connection.make_debug_cursor)


def counted(call: Callable[..., Any], name: str, connection: Any) -> Callable[..., Any]:
    """Return a call that is watched as a statement of its name."""

    def run(*args: Any, **kwargs: Any) -> Any:
        def execute(*_: Any) -> Any:
            return call(*args, **kwargs)

        return watch(execute, name, None, False, {"connection": connection})

    return run


def end_if_done(connection: Any, writes: Writes) -> None:
    if writes.slots and not is_in_transaction(connection) and not is_open_by_hand(connection):
        writes.end()


def is_in_transaction(connection: Any) -> bool:
    return bool(connection.in_atomic_block)


def is_open_by_hand(connection: Any) -> bool:
    """Whether a transaction is open that is none of Django's: by BEGIN, or without autocommit."""
    driver = connection.connection
    if connection.in_atomic_block or driver is None:
        return False
    if connection.vendor == "sqlite":
        return bool(driver.in_transaction)
    return driver.info.transaction_status in OPEN


def slot_written(sql: str, params: Sequence[Any] | None) -> int | None:
    """Gives the slot that a statement changes for visitors, if it does; `params` are None where
    they are those of many rows."""
    start = sql[COMMENTS.match(sql).end() :]  # type: ignore[union-attr]  # it matches anything
    if HARMLESS.match(start):
        return ALL if WRITES_ALL_THE_SAME.search(start) else None
    found = WRITE.match(start)
    if not found or ANOTHER.search(start):
        return ALL
    table = (found["into"] or found["updated"] or found["deleted_from"]).lower()
    if table not in known_tables():  # a view of others, perhaps
        return ALL
    if table in UNSEEN_TABLES:
        return None
    if found["into"] and table in SEEN_VALUES and params and INSERTED_VALUES.fullmatch(start):
        return slot_of(table) if SEEN_VALUES[table] in params else None
    if found["updated"] and table in UNSEEN_COLUMNS and (values := SET_VALUES.match(start)):
        is_unseen = UNSEEN_COLUMNS[table].issuperset(COLUMN.findall(values["columns"]))
        return None if is_unseen else slot_of(table)
    return slot_of(table)


@cache
def known_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models(include_auto_created=True))


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
