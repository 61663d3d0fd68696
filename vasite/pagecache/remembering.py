"""What was read from the database, remembered for as long as it stands there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from vasite.pagecache.generations import State
from vasite.pagecache.watching import generations, note_tables, noting_tables, state_since

Value = TypeVar("Value")


class Remembered(NamedTuple):
    value: Any
    tables: frozenset[str]
    state: State


_known: dict[str, Remembered] = {}


def remembered(name: str, read: Callable[[], Value]) -> Value:
    """Gives what `read` gives: anew only after a change of a table that it read, by whatever
    process. Whoever gets it leaves it as it is."""
    found = _known.get(name)
    if found is not None and generations().stands(found.state):
        note_tables(found.tables)
        return found.value
    before = generations().snapshot()
    with noting_tables() as tables:
        value = read()
    note_tables(tables)
    state = state_since(before, tables)
    if state is not None:
        _known[name] = Remembered(value, frozenset(tables), state)
    return value
