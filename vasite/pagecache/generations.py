"""Which tables of the database were changed, as numbers that all processes of a machine share.

A file that every process maps into its memory holds two counters for each slot: how many writes
`began`, and how many are `done`. A table's slot follows from its name. A finished page notes the
counters of the tables that it was made from; it is right as long as all of them stand as they did,
with no write under way. A writer counts before its first statement and after its commit, so that
whoever asks after the commit finds another number: no time passes in which an old page is given.

Two more rows say of which slots something is laid out, for a server in front that can't look at the
counters (a writer takes that away before it begins), and of which something was given to be kept in
front (the worker purges that).

The files may be deleted while the site runs. Whoever counts next makes a new one, whose numbers
begin with the time, so that nothing made before is taken for right, and counts in the old one, too,
that all has changed: the processes that still read from it look for the new one at once. A process
that has nothing to count looks every LOOK_EVERY seconds.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol
from zlib import crc32

SLOTS = 1024
ALL = 0  # the slot of changes that concern every page: a new version of the code, migrations
WITHDRAWN = 1  # of what the public must not see any more, not even while the database is down
SIZE = (4 * SLOTS + 1) * 8
RECOVER_EVERY = 0.2  # seconds
LOOK_EVERY = 0.5  # seconds: whether the counters are still where others look for them
State = tuple[tuple[int, int], ...]  # slots, each with the number of writes that had begun


class Closable(Protocol):
    def close(self) -> None: ...


def slot_of(table: str) -> int:
    """Gives a table's slot; two tables in one only make a page be made anew more often."""
    return 2 + crc32(table.lower().encode()) % (SLOTS - 2)


class Generations:
    """The shared counters of a folder; opened by each process for itself. `take_away` takes back
    what is laid out."""

    def __init__(self, folder: Path, take_away: Callable[[], None] = lambda: None) -> None:
        self.take_away = take_away
        self.path = folder / "generations"
        self.writers_path = folder / "writers"
        self.guard = threading.Lock()
        self.recovered_at = 0.0
        file = opened(self.path)
        try:
            self.use(file)
        finally:
            os.close(file)

    def use(self, file: int) -> None:
        """Map an open file of counters; give a new one its first numbers."""
        with locked(file):
            is_new = os.fstat(file).st_size < SIZE
            # With its place on the disk: on a full one, writing to a hole ends the process
            os.posix_fallocate(file, 0, SIZE)
            numbers = memoryview(mmap.mmap(file, SIZE)).cast("Q")
            if is_new:
                now = time.time_ns()
                for slot in (ALL, WITHDRAWN):  # which every page notes
                    numbers[slot] = numbers[SLOTS + slot] = now
                self.take_away()  # it isn't known any more what is laid out
        self.began, self.done = numbers[:SLOTS], numbers[SLOTS : 2 * SLOTS]
        self.laid_out = numbers[2 * SLOTS : 3 * SLOTS]
        self.in_front = numbers[3 * SLOTS : 4 * SLOTS]
        self.total = numbers[4 * SLOTS :]
        self.identity = identity(os.fstat(file))
        self.look_at = time.monotonic() + LOOK_EVERY

    def snapshot(self) -> tuple[int, ...]:
        """Gives the number of writes in each slot, -1 where one is under way: what is read now
        may be from before its commit."""
        if time.monotonic() > self.look_at or self.began[ALL] != self.done[ALL]:
            self.look()
        done = tuple(self.done)  # first: what began after it makes the two differ
        began = tuple(self.began)
        if began == done:  # as nearly always, and found at once: each page that is made asks
            return done
        return tuple(
            number if number == ended else -1 for number, ended in zip(began, done, strict=True)
        )

    def state(self, before: tuple[int, ...], tables: Iterable[str]) -> State | None:
        """Gives the slots of the tables that a page was made from since the snapshot `before`;
        None where one of them was written to meanwhile: nobody knows what the page shows then."""
        slots = {ALL, WITHDRAWN, *map(slot_of, tables)}
        state = tuple((slot, before[slot]) for slot in sorted(slots))
        return state if self.stands(state) else None

    def stands(self, state: State) -> bool:
        """Whether nothing was written to these slots since, and nothing is being written."""
        if time.monotonic() > self.look_at:
            self.look()
        changed = self.first_changed(state)
        if changed is not None and self.began[changed] != self.done[changed]:
            self.look()
            self.recover()
        return changed is None

    def first_changed(self, state: State) -> int | None:
        began, done = self.began, self.done
        for slot, number in state:
            if began[slot] != number or done[slot] != number:
                return slot
        return None

    def begin(self, slots: Iterable[int]) -> None:
        with self.counting():
            for slot in slots:
                self.began[slot] += 1
                if self.laid_out[slot]:
                    self.take_all_away()

    def lay_out(self, state: State, put: Callable[[], None]) -> None:
        """Lets `put` lay out what was made from these slots, if it still stands."""
        with self.counting():
            if self.first_changed(state) is None:
                for slot, _ in state:
                    self.laid_out[slot] = 1
                put()

    def note_in_front(self, state: State) -> None:
        """Notes that something made from these slots may be kept in front of the site."""
        for slot, _ in state:
            self.in_front[slot] = 1

    def of_pages_in_front(self) -> dict[str, int]:
        """Gives the counters whose change concerns what is kept in front, by slot."""
        began = self.snapshot()
        return {str(slot): began[slot] for slot in range(SLOTS) if self.in_front[slot]}

    def take_all_away(self) -> None:
        self.take_away()
        self.laid_out[:] = memoryview(bytes(SLOTS * 8)).cast("Q")

    def end(self, slots: Iterable[int]) -> None:
        with self.counting():
            for slot in slots:
                self.done[slot] += 1

    def change(self, slot: int) -> None:
        """Counts a change that is no write to the database."""
        with closing(self.start_writing()):
            self.begin([slot])
            self.end([slot])

    @contextmanager
    def counting(self) -> Iterator[None]:
        with self.guard:
            try:
                file = self.current()
            except OSError:  # no room for a new one: the old one, which all still share, has to do
                yield
                return
            try:
                with locked(file):
                    yield
            finally:
                os.close(file)

    def current(self) -> int:
        """Return the file of the counters, open, after a change to a new one if it is another
        than the one that is mapped. The caller holds `guard`."""
        file = opened(self.path)
        if identity(os.fstat(file)) != self.identity:
            old = self.began
            try:
                self.use(file)
            except OSError:
                os.close(file)
                raise
            old[ALL] += 1  # and never done: nothing stands for who still reads from it
        self.look_at = time.monotonic() + LOOK_EVERY
        return file

    def look(self) -> None:
        """Change to new counters if the file was deleted or replaced."""
        self.look_at = time.monotonic() + LOOK_EVERY
        with suppress(OSError):
            if identity(self.path.stat()) == self.identity:
                return
        with self.counting():
            pass

    def start_writing(self) -> Closable:
        """Gives what says, until it is closed, that somebody writes."""
        try:
            file = os.fdopen(opened(self.writers_path), "rb")
        except OSError:  # no room for it
            return Nothing()
        fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def recover(self) -> None:
        """Closes what writers left that were killed: if nobody writes, nothing is under way."""
        now = time.monotonic()
        if now - self.recovered_at < RECOVER_EVERY:
            return
        self.recovered_at = now
        try:
            file = opened(self.writers_path)
        except OSError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            with self.counting():
                for slot in range(SLOTS):
                    if self.began[slot] != self.done[slot]:
                        self.began[slot] = self.done[slot] = self.began[slot] + 1
        finally:
            os.close(file)


class Nothing:
    def close(self) -> None:
        """Close nothing."""


def identity(facts: os.stat_result) -> tuple[int, int, int]:
    """Return what tells a whole file of counters from another, and from one that was cut off. The
    number of a deleted one isn't given to another as long as it is mapped."""
    return facts.st_dev, facts.st_ino, min(facts.st_size, SIZE)


def opened(path: Path) -> int:
    """Gives a file of this process alone, made with its folder where it isn't there yet."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


@contextmanager
def locked(file: int) -> Iterator[None]:
    """Holds a file's lock, which ends with the process at the latest."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
