"""Requests as they arrive and responses as they leave: buffered, so that no thread waits for a
network."""

from __future__ import annotations

import io
import os
import re
import stat
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from socket import socket
from typing import IO

MAX_HEAD_BYTES = 32_768
MAX_BODY_BYTES = 36 * 1024 * 1024  # three files of 10 MB, coded, and the longest message
# A body longer than the first, and every body while all together hold more than the second, is
# written to a file
MAX_BYTES_IN_MEMORY = 65_536
MAX_TOTAL_BYTES_IN_MEMORY = 32 * 1024 * 1024
# Of unfinished requests in one process: in total, for one network, and in memory on a full disk
MAX_TOTAL_BYTES = 384 * 1024 * 1024
MAX_NETWORK_BYTES = 128 * 1024 * 1024
MAX_BYTES_WITHOUT_DISK = 80 * 1024 * 1024
# Beyond the total and a network's share for bodies of at most MAX_BYTES_IN_MEMORY, so that whoever
# sends large files closes the forms to nobody
MAX_SMALL_BYTES = 32 * 1024 * 1024
MAX_BYTES_AT_ONCE = 1024 * 1024  # sent before somebody else's turn

ARRIVED_AT = "vasite.arrived_at"  # in environ: when the request was whole, by time.monotonic()
END_OF_HEAD = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.I)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.I)
EXPECT_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.I)
# The line's end begins the next line, which may be another of these
FORWARDED_FOR = re.compile(rb"\r\nx-forwarded-for:[ \t]*([^\r]*)(?=\r\n)", re.I)


class TooManyBytesError(Exception):
    """More has arrived of unfinished requests than may be held."""


@dataclass
class Holdings:
    """The bytes that the bodies of a process's requests or responses hold: in total, and for each
    network."""

    total: int = 0
    by_network: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, network: str, size: int, *, reserve: int = 0) -> None:
        """Count bytes, which may take a reserve beyond the limits. Raise TooManyBytesError for
        those that are too many."""
        with self.lock:
            self.total += size
            if network:
                self.by_network[network] += size
            is_much = self.total > MAX_TOTAL_BYTES + reserve
            if is_much or self.by_network[network] > MAX_NETWORK_BYTES + reserve:
                raise TooManyBytesError

    def remove(self, network: str, size: int) -> None:
        """Uncount bytes that are no longer held."""
        with self.lock:
            self.total -= size
            if network:
                self.by_network[network] -= size
                if not self.by_network[network]:
                    del self.by_network[network]


class RequestBuffer:
    """A request whose head has arrived, and as much of its body as has.

    `is_whole` says whether a thread can read it without waiting. A body without a length, or with
    one above MAX_BODY_BYTES, is not waited for: the application refuses it unread, and the
    connection ends with it (`is_last`).
    """

    def __init__(self, head: bytes, holdings: Holdings, network: Callable[[], str]) -> None:
        self.head = head
        self.holdings = holdings
        length = CONTENT_LENGTH.search(head)
        self.length = int(length[1]) if length else 0
        self.is_last = bool(CHUNKED.search(head)) or self.length > MAX_BODY_BYTES
        self.missing = 0 if self.is_last else self.length
        self.network = network() if self.missing else ""
        self.reserve = MAX_SMALL_BYTES if self.missing <= MAX_BYTES_IN_MEMORY else 0
        self.size = 0
        self.body: IO[bytes] = io.BytesIO()
        self.is_in_memory = self.may_use_disk = True

    @property
    def is_whole(self) -> bool:
        return not self.missing

    @property
    def is_waiting_for_continue(self) -> bool:
        """Whether the client sends its body only once it is asked to (RFC 9110, 10.1.1)."""
        is_current = b" HTTP/1.1\r\n" in self.head[: self.head.find(b"\r\n") + 2]
        return bool(self.missing and is_current and EXPECT_CONTINUE.search(self.head))

    def add(self, data: bytes) -> bytes:
        """Take what belongs to the body; return the rest. Raise TooManyBytesError."""
        taken, rest = data[: self.missing], data[self.missing :]
        if taken:
            self.size += len(taken)  # first: what is refused is counted, and given back by close()
            self.holdings.add(self.network, len(taken), reserve=self.reserve)
            self.missing -= len(taken)
            self.write(taken)
        return rest

    def write(self, data: bytes) -> None:
        is_much = self.holdings.total > MAX_TOTAL_BYTES_IN_MEMORY
        try:
            if (
                self.is_in_memory
                and self.may_use_disk
                and (self.size > MAX_BYTES_IN_MEMORY or is_much)
            ):
                self.move_to(file_without_name())
                self.is_in_memory = False
            write_all(self.body, data)
        except OSError:  # the disk is full
            self.move_to(io.BytesIO())
            self.is_in_memory, self.may_use_disk = True, False
            self.body.write(data)
        if not self.may_use_disk and self.holdings.total > MAX_BYTES_WITHOUT_DISK + self.reserve:
            raise TooManyBytesError

    def move_to(self, other: IO[bytes]) -> None:
        self.body.seek(0)
        try:
            write_all(other, self.body.read())
        except OSError:
            other.close()
            raise
        self.body.close()
        self.body = other

    def close(self) -> None:
        """Give back what it holds."""
        self.body.close()
        self.holdings.remove(self.network, self.size)
        self.size = 0


def file_without_name() -> IO[bytes]:
    """Return a temporary file, unbuffered, so that a full disk is found at once."""
    return tempfile.TemporaryFile(buffering=0)


def write_all(file: IO[bytes], data: bytes) -> None:
    """Write to an unbuffered file. On failure, leave it as it was, and raise OSError."""
    start, view = file.tell(), memoryview(data)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError:
        file.truncate(start)
        raise


@dataclass
class FilePart:
    """A part of a response that lies in a file: number of the open file, where, how much."""

    number: int
    offset: int
    count: int


class ResponseBuffer:
    """A response, or its rest. gunicorn writes to it as to a socket.

    A file without a name is a copy that lies on the disk for this reader alone, as one from a
    bucket does: `holdings` counts it until the response is closed.
    """

    def __init__(self, holdings: Holdings, network: Callable[[], str]) -> None:
        self.holdings, self.network = holdings, network
        self.copied: list[tuple[str, int]] = []
        self.parts: deque[memoryview | FilePart] = deque()
        self.file: IO[bytes] | None = None
        self.part_of_file: FilePart | None = None
        self.may_use_disk = True

    def sendall(self, data: bytes) -> None:
        if data:
            self.parts.append(memoryview(data))

    send = sendall

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> None:
        """Take part of an open file, which its owner may then close. Raise TooManyBytesError for
        a copy that is one too many."""
        number = file.fileno()
        found = os.fstat(number)
        count = found.st_size - offset if count is None else count
        if stat.S_ISREG(found.st_mode):
            if not found.st_nlink:
                self.count_copy(count)
            self.parts.append(FilePart(os.dup(number), offset, count))
        else:
            self.sendall(file.read(count))

    def count_copy(self, size: int) -> None:
        network = self.network()
        self.copied.append((network, size))  # first, as in RequestBuffer.add
        reserve = MAX_SMALL_BYTES if size <= MAX_BYTES_AT_ONCE else 0
        self.holdings.add(network, size, reserve=reserve)

    def move_to_disk(self) -> None:
        """Write the end that is in memory to a file, if it is long and the disk has room for it."""
        in_memory: deque[memoryview] = deque()
        for part in reversed(self.parts):
            if isinstance(part, FilePart):
                break
            in_memory.appendleft(part)
        if not self.may_use_disk or sum(map(len, in_memory)) < MAX_BYTES_AT_ONCE:
            return
        content = b"".join(in_memory)
        try:
            if self.file is None:
                self.file = file_without_name()
            start = self.file.tell()
            write_all(self.file, content)
        except OSError:
            self.may_use_disk = False
            return
        for _ in in_memory:
            self.parts.pop()
        if self.part_of_file is None:
            self.part_of_file = FilePart(os.dup(self.file.fileno()), start, 0)
            self.parts.append(self.part_of_file)
        self.part_of_file.count += len(content)

    def send_to(self, client: socket) -> int:
        """Send what the socket takes without waiting, at most MAX_BYTES_AT_ONCE; return how many
        bytes that was. Raise OSError if the client is gone."""
        total = 0
        with suppress(BlockingIOError):
            while self.parts and total < MAX_BYTES_AT_ONCE:
                sent = self.send_some(client)
                total += sent
                self.drop_sent(sent)
        return total

    def send_some(self, client: socket) -> int:
        first = self.parts[0]
        if isinstance(first, FilePart):
            sent = os.sendfile(
                client.fileno(), first.number, first.offset, min(first.count, MAX_BYTES_AT_ONCE)
            )
            if not sent and first.count:
                raise OSError("The file is shorter than it was")
            return sent
        in_memory: list[memoryview] = []
        for part in self.parts:
            if isinstance(part, FilePart) or len(in_memory) == 16:
                break
            in_memory.append(part)
        return client.sendmsg(in_memory)

    def drop_sent(self, sent: int) -> None:
        while self.parts:
            first = self.parts[0]
            if isinstance(first, FilePart):
                first.offset += sent
                first.count -= sent
                if first.count:
                    return
                os.close(first.number)
                sent = 0
            else:
                if sent < len(first):
                    self.parts[0] = first[sent:]
                    return
                sent -= len(first)
            self.parts.popleft()
            if not sent:
                return

    def close(self) -> None:
        for part in self.parts:
            if isinstance(part, FilePart):
                os.close(part.number)
        self.parts.clear()
        if self.file:
            self.file.close()
        while self.copied:
            self.holdings.remove(*self.copied.pop())
