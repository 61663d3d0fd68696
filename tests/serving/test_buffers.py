"""What arrives is whole and in order, whatever its size and however full the disk is."""

from __future__ import annotations

import os
import resource
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from vasite.serving.buffers import (
    MAX_NETWORK_BYTES,
    MAX_TOTAL_BYTES,
    Holdings,
    RequestBuffer,
    ResponseBuffer,
    TooManyBytesError,
)
from vasite.serving.patient_worker import network_of

HEAD = "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n"


@pytest.fixture(params=[None, 100_000], ids=["disk", "full disk"])
def _disk(request: pytest.FixtureRequest) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (request.param or soft, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def request_of(length: int, holdings: Holdings) -> RequestBuffer:
    return RequestBuffer(HEAD.format(length).encode(), holdings, lambda: "192.0.2.0/24")


@pytest.mark.usefixtures("_disk")
@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, 3_000_000])
def test_visitors_body_arrives_as_it_was_sent(length: int) -> None:
    body, holdings = os.urandom(length), Holdings()
    request = request_of(length, holdings)
    sent = body + b"GET /next"
    rest = b""
    for start in range(0, len(sent), 50_000):
        rest += request.add(sent[start : start + 50_000])
    assert request.is_whole
    assert rest == b"GET /next"
    request.body.seek(0)
    assert request.body.read() == body
    assert holdings.total == length
    request.close()
    assert (holdings.total, dict(holdings.by_network)) == (0, {})


@pytest.mark.parametrize(
    "held",
    [
        Holdings(by_network=Counter({"192.0.2.0/24": MAX_NETWORK_BYTES})),
        Holdings(total=MAX_TOTAL_BYTES),
    ],
    ids=["one network", "all together"],
)
def test_stranger_cannot_fill_the_disk_with_unfinished_bodies(held: Holdings) -> None:
    request = request_of(1_000_000, held)
    with pytest.raises(TooManyBytesError):
        request.add(b"x")


def test_visitors_can_write_after_a_flood_of_bodies_was_refused() -> None:
    held = Holdings()
    held.add("192.0.2.0/24", MAX_NETWORK_BYTES)
    for _ in range(3):
        refused = request_of(1_000_000, held)
        with pytest.raises(TooManyBytesError):
            refused.add(b"x" * 100_000)
        refused.close()
    held.remove("192.0.2.0/24", MAX_NETWORK_BYTES)
    assert (held.total, dict(held.by_network)) == (0, {})


@pytest.mark.parametrize(
    "lines",
    [
        ["198.51.100.7"],
        ["203.0.113.1, 198.51.100.7"],
        ["203.0.113.1", "198.51.100.7"],
        ["203.0.113.1", "203.0.113.2", "198.51.100.7"],
    ],
)
def test_a_stranger_claims_no_other_network(settings: Any, lines: list[str]) -> None:
    """What counts is what the proxy added, be it to the line that came or in one of its own."""
    settings.IS_HTTPS = True
    head = "".join(f"X-Forwarded-For: {line}\r\n" for line in lines)
    conn: Any = SimpleNamespace(client=("127.0.0.1", 1))
    network = network_of(f"POST / HTTP/1.1\r\n{head}Host: x\r\n\r\n".encode(), conn)
    assert network == "198.51.100.0/24"


@pytest.mark.usefixtures("_disk")
def test_reader_gets_the_parts_of_a_response_in_order() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    response = ResponseBuffer()
    pieces = [os.urandom(70_000) for _ in range(60)]
    with tempfile.TemporaryFile() as file:
        file.write(b"from a file" * 1_000)
        file.flush()
        response.sendall(b"head")
        response.sendfile(file, 11, 22)
    for piece in pieces:
        response.sendall(piece)
        response.move_to_disk()
    heard = b""
    while response.parts:
        response.send_to(ours)
        heard += theirs.recv(1_000_000)
    ours.close()
    while part := theirs.recv(1_000_000):
        heard += part
    response.close()
    theirs.close()
    assert heard == b"head" + b"from a file" * 2 + b"".join(pieces)
