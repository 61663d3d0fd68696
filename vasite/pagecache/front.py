"""Finished pages as files that a web server in front gives by itself (deploy/nginx.conf).

The pages lie in a folder that is named after the headers that all of them go out with; the server
reads from `headers.conf` which folder that is, and the headers. A write to the database takes the
whole tree away before its first statement, and nothing is laid out again before its commit: the
server finds no file, asks the site and is given what stands (`generations.py` holds the lock).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from vasite.pagecache.files import write_whole
from vasite.pagecache.pages import CACHE_CONTROL, FRESH_SECONDS, Headers, Page
from vasite.pagecache.version import code_version
from vasite.request_ids import HEADER

ENDINGS = {"": "", "br": ".br", "gzip": ".gz"}
# What the server in front knows or makes by itself, and what is one visitor's
ITS_OWN = {"content-type", "content-length", "vary", "etag", "last-modified", "cache-control"}
ITS_OWN |= {HEADER.lower()}
MODE = 0o644  # the server in front is another user
LONGEST_NAME = 255  # bytes: NAME_MAX
ODD = {b"", b".", b".."}


class Front:
    """The pages' files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = folder / "pages"

    def write_headers(self, headers: Headers) -> bool:
        """Tells the server in front which headers to add and where the pages with them lie; gives
        whether that is new to it."""
        lines = [f'add_header {name} "{escaped(value)}";' for name, value in shared(headers)]
        lines += [f'add_header Cache-Control "{CACHE_CONTROL.format(0)}";']
        lines += [f"set $kept_pages /pages/{folder_for(headers)};"]
        text = "\n".join(
            ["# Written at each start of the site. Reload nginx after a change.", *lines]
        )
        path = self.folder / "headers.conf"
        if path.exists() and path.read_text() == text:
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        return write_whole(path, text.encode(), MODE)

    def place_of(self, path: str, headers: Headers) -> Path | None:
        """Gives where the page of an address lies; None if it can't be a file, or is no HTML."""
        kinds = [value for name, value in headers if name.lower() == "content-type"]
        parts = path.encode("latin-1").split(b"/")  # WSGI's way to write bytes (PEP 3333)
        is_odd = any(
            part in ODD or b"\0" in part or len(part) > LONGEST_NAME for part in parts[1:-1]
        )
        if kinds != ["text/html; charset=utf-8"] or not path.endswith("/") or is_odd:
            return None
        names = map(os.fsdecode, parts[1:-1])
        return self.pages.joinpath(folder_for(headers), *names, "index.html")

    def put(self, place: Path, page: Page) -> None:
        """Lays a page out, if the disk has room for it."""
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            for coding, body in page.bodies.items():
                write_whole(place.with_name(f"index.html{ENDINGS[coding]}"), body, MODE)

    def take_away(self) -> None:
        """Sees to it that no page is found any more."""
        with suppress(FileNotFoundError):
            self.pages.rename(self.folder / f"gone-{time.time_ns()}")

    def clear(self) -> None:
        """Deletes what was taken away."""
        for folder in self.folder.glob("gone-*"):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def is_expired(self) -> bool:
        """Whether its pages are old enough to be made anew."""
        with suppress(FileNotFoundError):
            return time.time() - self.pages.stat().st_ctime > FRESH_SECONDS
        return False


def shared(headers: Headers) -> Headers:
    """Gives the headers that the server in front has to add."""
    return sorted((name, value) for name, value in headers if name.lower() not in ITS_OWN)


def folder_for(headers: Headers) -> str:
    """Gives a name for the pages of this version of the site that share these headers."""
    return hashlib.sha256(f"{code_version()} {shared(headers)}".encode()).hexdigest()[:16]


def escaped(value: str) -> str:
    """Gives a value as nginx reads it between quotation marks."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
