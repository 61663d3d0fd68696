"""Clients that send or read as slowly as they can, to keep others out."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

MEDIA_BYTES = 20 * 1024 * 1024
FORM = "POST /contact/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{more}"
FORM += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
CHUNKED = "POST /contact/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"

Connect = Callable[[], socket.socket]


class SlowClient:
    """A client that says something at once, then little, and reads little.

    `heard` is what it got, and `lasted` after how many seconds it was hung up on.
    """

    def __init__(
        self, connect: Connect, first: bytes, then: bytes, pause: float, reads: int = 4096
    ) -> None:
        self.first, self.then, self.pause, self.reads = first, then, pause, reads
        self.heard = b""
        self.lasted = 0.0
        self.is_over = threading.Event()
        self.sock = connect()
        self.thread = threading.Thread(target=self.dawdle, daemon=True)
        self.thread.start()

    def dawdle(self) -> None:
        started = time.monotonic()
        with suppress(OSError):
            self.sock.sendall(self.first)
            self.sock.settimeout(0.05)
            while not self.is_over.wait(self.pause):
                if self.then:
                    self.sock.sendall(self.then)
                if has_ended(self.sock):
                    break
                if not self.reads:
                    continue
                with suppress(TimeoutError, ssl.SSLWantReadError):
                    part = self.sock.recv(self.reads)
                    if not part:
                        break
                    self.heard += part
        if not self.is_over.is_set():
            self.lasted = time.monotonic() - started

    def stop(self) -> None:
        self.is_over.set()
        self.thread.join()
        self.sock.close()


def has_ended(sock: socket.socket) -> bool:
    """Return whether the other side has hung up, without reading (tcp(7), TCP_INFO)."""
    established = 1
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != established


@contextmanager
def slow_clients(connect: Connect, host: str) -> Iterator[list[SlowClient]]:
    """Connect two dozen that send a body slowly, in five shapes."""
    large = FORM.format(host=host, length=2_000_000, more="").encode()
    small = FORM.format(host=host, length=5_000, more="").encode()
    asking = FORM.format(host=host, length=2_000_000, more="Expect: 100-continue\r\n").encode()
    shapes = [
        (large + b"x" * 70_000, b"x", 4.0),
        (large + b"x" * 200_000, b"x" * 5_000, 4.0),
        (small, b"x", 4.0),
        (asking, b"x", 4.0),
        (CHUNKED.format(host=host).encode() + b"5\r\nname=\r\n", b"1\r\nx\r\n", 4.0),
    ]
    clients = [
        SlowClient(connect, first, then, pause) for first, then, pause in shapes for _ in range(5)
    ]
    try:
        yield clients
    finally:
        for client in clients:
            client.stop()


@contextmanager
def slow_readers(connect: Connect, host: str, *paths: str) -> Iterator[list[SlowClient]]:
    """Connect two dozen that read a response slowly, or not at all."""
    clients = [
        SlowClient(connect, GET.format(host=host, path=path).encode(), b"", 1.0, reads)
        for path in paths
        for reads in (0, 1_000)
        for _ in range(24 // len(paths) // 2)
    ]
    try:
        yield clients
    finally:
        for client in clients:
            client.stop()
