"""The counters of all machines that share a PostgreSQL database.

They stand in a table; each machine keeps what it last knew of them in its own file. A request asks
the database for one number, and for all counters only where that has changed: so every machine sees
a change at its next request. As long as the database is gone, nobody can commit one, and what was
known goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import Error, InterfaceError, OperationalError, ProgrammingError, connections

from vasite.pagecache.generations import RECOVER_EVERY, SLOTS, Closable, Generations, State

LOCK = 0x76617369  # of PostgreSQL's advisory ones: whoever writes shares it
UNWATCHED = "is_unwatched"  # attribute of a connection whose statements change no page
SUM = -1  # the slot that is counted at every change
COUNT = """
INSERT INTO pagecache_generation AS known (slot, began, done)
SELECT slot, start + {began}, start + {done}
FROM unnest(%s) AS slot, (SELECT (extract(epoch FROM clock_timestamp()) * 1e6)::bigint AS start) now
ON CONFLICT (slot) DO UPDATE SET began = known.began + {began}, done = known.done + {done}
"""  # starts with the time, so that no number comes twice: the table is emptied by a crash
RETRY_SECONDS = 0.2


class SharedGenerations(Generations):
    """Counters in the database, over a connection of this process's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.connection = connections["default"].copy()
        setattr(self.connection, UNWATCHED, True)
        self.connection.inc_thread_sharing()
        self.asking = threading.RLock()
        self.writing = 0  # how many transactions of this process do
        self.is_lost = False
        self.retry_at = 0.0

    def snapshot(self) -> tuple[int, ...]:
        self.refresh()
        return super().snapshot()

    def stands(self, state: State) -> bool:
        self.refresh()
        return super().stands(state)

    def begin(self, slots: Iterable[int]) -> None:
        self.count(slots, began=1, done=0)

    def end(self, slots: Iterable[int]) -> None:
        with suppress(Error):  # lost after the commit: whoever asks next recovers
            self.count(slots, began=0, done=1)

    def count(self, slots: Iterable[int], began: int, done: int) -> None:
        statement = COUNT.format(began=began, done=done)
        with suppress(ProgrammingError):  # the table is about to be made: nothing is kept yet
            self.ask(statement, [[SUM, *sorted(slots)]])

    def ask(self, statement: str, parameters: list[Any] | None = None) -> list[Any]:
        """Gives the rows of a statement; tries again over a new connection where it was lost."""
        with self.asking:
            try:
                return self.rows(statement, parameters)
            except (OperationalError, InterfaceError):
                self.connection.close()
                return self.rows(statement, parameters)

    def rows(self, statement: str, parameters: list[Any] | None) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def refresh(self) -> None:
        """Reads the counters if one has changed. While the database is gone, one thread tries to
        reach it now and then, and all others go on."""
        if time.monotonic() < self.retry_at:
            return
        with self.asking:
            if time.monotonic() < self.retry_at:
                return
            if self.is_lost:
                self.retry_at = time.monotonic() + RETRY_SECONDS
            try:
                found = self.ask("SELECT began + done FROM pagecache_generation WHERE slot = -1")
                if (found[0][0] if found else 0) != self.total[0]:
                    self.read()
                self.is_lost, self.retry_at = False, 0.0
            except Error:
                self.is_lost, self.retry_at = True, time.monotonic() + RETRY_SECONDS

    def read(self) -> None:
        with self.counting():
            rows = self.ask("SELECT slot, began, done FROM pagecache_generation")
            counters = {slot: (began, done) for slot, began, done in rows}
            total = sum(counters.pop(SUM, (0, 0)))
            for slot in range(SLOTS):
                self.began[slot], self.done[slot] = counters.get(slot, (0, 0))
            self.total[0] = total  # the last: until then, whoever asks reads, too

    def start_writing(self) -> Closable:
        with self.asking:
            self.ask("SELECT pg_advisory_lock_shared(%s)", [LOCK])
            self.writing += 1
        return self

    def close(self) -> None:
        """Ends a writing that was started."""
        with self.asking, suppress(Error):
            self.writing -= 1
            self.ask("SELECT pg_advisory_unlock_shared(%s)", [LOCK])

    def recover(self) -> None:
        now = time.monotonic()
        if self.writing or now - self.recovered_at < RECOVER_EVERY:
            return
        self.recovered_at = now
        with suppress(Error), self.alone() as is_alone:
            if is_alone:
                self.ask(
                    "UPDATE pagecache_generation SET began = began + 1, done = began + 1"
                    " WHERE began <> done OR slot = -1"
                )

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Holds the lock if nobody writes; tells whether it does."""
        with self.asking:
            is_alone = self.ask("SELECT pg_try_advisory_lock(%s)", [LOCK])[0][0]
            try:
                yield is_alone
            finally:
                if is_alone:
                    self.ask("SELECT pg_advisory_unlock(%s)", [LOCK])
