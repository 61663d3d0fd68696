"""Finished pages: as they go out, in memory, and on the shelf that outlives a restart."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import brotli

from vasite.pagecache.files import write_whole
from vasite.pagecache.generations import WITHDRAWN, State, locked, opened
from vasite.request_ids import HEADER

Headers = list[tuple[str, str]]
Key = tuple[str, str]  # the path, and the query as far as the page declares it
FRESH_SECONDS = 3600  # then it is made anew, for what changes by the clock alone
KEPT_IF_BROKEN = 7 * 86_400  # seconds for which a page is shown while no new one can be made
CODINGS = ("br", "gzip", "")
SMALLEST = 300  # bytes that are worth packing
PACKABLE = ("text/", "application/xml", "application/json", "application/atom", "application/man")
# Browsers ask every time and mostly hear 304. No stale-while-revalidate: they obey it, too, and
# would show what was unpublished.
CACHE_CONTROL = f"public, max-age=0, s-maxage={{}}, stale-if-error={KEPT_IF_BROKEN}"
MAX_SHELF_BYTES = 256 * 1024 * 1024
IN_FRONT = 600  # seconds for which a front keeps a page that is told of changes


@dataclass
class Page:
    """An answer with status 200: its bodies by coding, and what it was made from."""

    headers: Headers
    bodies: dict[str, bytes]
    state: State
    made_at: float
    changed_at: float
    seconds_in_front: int = 0
    answers: dict[str, Headers] = field(init=False, repr=False)
    etags: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.bodies[""]).hexdigest()[:24]
        self.etags = {coding: f'"{digest}{coding and f"-{coding}"}"' for coding in self.bodies}
        self.answers = {coding: self.answer_headers(coding) for coding in self.bodies}

    @classmethod
    def make(
        cls,
        headers: Headers,
        body: bytes,
        state: State,
        before: Page | None,
        seconds_in_front: int = 0,
    ) -> Page:
        """Pack a response, less the id of the request that it was made for.

        One that says the same as `before` has not changed since.
        """
        now = time.time()
        headers = [(name, value) for name, value in headers if name != HEADER]
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        bodies = {"": body}
        if len(body) >= SMALLEST and kind.startswith(PACKABLE):
            bodies["br"] = brotli.compress(body, quality=6)
            bodies["gzip"] = gzip.compress(body, 6, mtime=0)
        is_same = before is not None and before.bodies[""] == body
        changed_at = before.changed_at if before is not None and is_same else now
        return cls(headers, bodies, state, now, changed_at, seconds_in_front)

    def answer_headers(self, coding: str) -> Headers:
        own = {"cache-control", "content-length", "etag", "last-modified", "vary"}
        headers = [(name, value) for name, value in self.headers if name.lower() not in own]
        headers += [
            ("Cache-Control", CACHE_CONTROL.format(self.seconds_in_front)),
            ("Vary", "Accept-Encoding"),
            ("Age", "0"),  # it was looked at whether it still stands (RFC 9111, 5.1)
            ("ETag", self.etags[coding]),
            ("Last-Modified", formatdate(self.changed_at, usegmt=True)),
            ("Content-Length", str(len(self.bodies[coding]))),
        ]
        return [*headers, ("Content-Encoding", coding)] if coding else headers

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies.values())) + 4096  # about what its headers take

    @property
    def is_expired(self) -> bool:
        return time.time() - self.made_at > FRESH_SECONDS

    def may_stand_in(self, withdrawn: int) -> bool:
        """Whether it may be shown while no newer one can be made: nothing was withdrawn since."""
        is_recent = time.time() - self.made_at < KEPT_IF_BROKEN
        return is_recent and (WITHDRAWN, withdrawn) in self.state


@lru_cache(maxsize=256)
def coding_for(accepted: str) -> str:
    """Gives the best of CODINGS that an Accept-Encoding takes (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        try:
            weights[name.strip()] = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
    others = weights.get("*", 0.0)
    return next((coding for coding in CODINGS[:-1] if weights.get(coding, others) > 0), "")


class Memory:
    """The pages of one process, the least recently used ones forgotten first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.guard = threading.Lock()

    def get(self, key: Key) -> Page | None:
        page = self.pages.get(key)
        if page is not None:
            with suppress(KeyError):  # another thread has just forgotten it
                self.pages.move_to_end(key)
        return page

    def put(self, key: Key, page: Page) -> None:
        with self.guard:
            if before := self.pages.pop(key, None):
                self.bytes -= before.size
            self.pages[key] = page
            self.bytes += page.size
            while self.bytes > self.most_bytes:
                self.bytes -= self.pages.popitem(last=False)[1].size


class Shelf:
    """The pages of all processes of a machine, as files, of MAX_SHELF_BYTES at most.

    A file beside them holds their size, so that nobody has to look through all for each page.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size_path = folder / "size"

    def path(self, key: Key) -> Path:
        return self.folder / hashlib.sha256("?".join(key).encode()).hexdigest()

    def get(self, key: Key) -> Page | None:
        """Gives the page that is kept, whether it still stands or not."""
        try:
            facts, _, rest = self.path(key).read_bytes().partition(b"\n")
            kept = json.loads(facts)
            bodies, start = {}, 0
            for coding, length in kept["lengths"].items():
                bodies[coding] = rest[start : start + length]
                start += length
            if start != len(rest):
                return None
            return Page(
                [(name, value) for name, value in kept["headers"]],
                bodies,
                tuple((slot, number) for slot, number in kept["state"]),
                kept["made_at"],
                kept["changed_at"],
                kept["seconds_in_front"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, key: Key, page: Page) -> None:
        """Keeps a page, if the disk has room for it."""
        facts = {
            "headers": page.headers,
            "state": page.state,
            "made_at": page.made_at,
            "changed_at": page.changed_at,
            "seconds_in_front": page.seconds_in_front,
            "lengths": {coding: len(body) for coding, body in page.bodies.items()},
        }
        content = json.dumps(facts).encode() + b"\n" + b"".join(page.bodies.values())
        path = self.path(key)
        with suppress(OSError), self.sizing() as size_file:
            size = size_file.read(20)
            total = int(size) if size.isdigit() else self.trim(MAX_SHELF_BYTES)
            total += len(content)
            with suppress(FileNotFoundError):
                total -= path.stat().st_size
            if total > MAX_SHELF_BYTES:  # with room for some more, as it takes a look at all
                room = MAX_SHELF_BYTES - MAX_SHELF_BYTES // 16
                total = self.trim(room - len(content)) + len(content)
            if total <= MAX_SHELF_BYTES and write_whole(path, content):
                size_file.seek(0)
                size_file.write(b"%020d" % total)

    @contextmanager
    def sizing(self) -> Iterator[BinaryIO]:
        """Hold the file of the size alone, open to be read and written."""
        with os.fdopen(opened(self.size_path), "r+b", buffering=0) as file, locked(file.fileno()):
            yield file

    def trim(self, most_bytes: int) -> int:
        """Delete the oldest pages beyond a size; return the size of those that stay."""
        files = []
        with suppress(FileNotFoundError), os.scandir(self.folder) as found:
            for file in found:
                with suppress(FileNotFoundError):
                    facts = file.stat()
                    files.append((facts.st_mtime, facts.st_size, file.path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= most_bytes:
                break
            if path != str(self.size_path):
                with suppress(FileNotFoundError):
                    os.unlink(path)
                total -= size
        return total

    def tidy(self) -> None:
        """Keep within the size, whatever was laid down, deleted or left half-written."""
        with suppress(OSError), self.sizing() as size_file:
            total = self.trim(MAX_SHELF_BYTES)
            size_file.seek(0)
            size_file.write(b"%020d" % total)
