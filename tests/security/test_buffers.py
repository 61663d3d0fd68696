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
    MAX_BYTES_IN_MEMORY,
    MAX_BYTES_WITHOUT_DISK,
    MAX_NETWORK_BYTES,
    MAX_SMALL_BYTES,
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


@pytest.mark.parametrize("length", [1, 2_000, MAX_BYTES_IN_MEMORY])
def test_visitor_can_write_while_strangers_hold_all_that_files_may_take(length: int) -> None:
    held = Holdings()
    for number in range(3):
        held.add(f"198.51.{number}.0/24", MAX_NETWORK_BYTES)
    large = request_of(MAX_BYTES_IN_MEMORY + 1, held)
    with pytest.raises(TooManyBytesError):
        large.add(b"x")
    large.close()
    for _ in range(500):
        form = request_of(length, held)
        assert form.add(b"x" * length) == b""
        assert form.is_whole


def test_one_network_closes_the_forms_to_no_other_with_small_bodies() -> None:
    held = Holdings()
    size = MAX_BYTES_IN_MEMORY - 1  # of each, whose last byte does not come
    for _ in range((MAX_NETWORK_BYTES + MAX_SMALL_BYTES) // size):
        request_of(MAX_BYTES_IN_MEMORY, held).add(b"x" * size)
    with pytest.raises(TooManyBytesError):
        request_of(MAX_BYTES_IN_MEMORY, held).add(b"x" * size)


def test_visitor_can_write_while_a_neighbour_holds_all_that_their_network_may() -> None:
    held = Holdings()
    held.add("192.0.2.0/24", MAX_NETWORK_BYTES)
    assert request_of(2_000, held).add(b"x" * 2_000) == b""


def test_small_bodies_have_an_end_too() -> None:
    held = Holdings(total=MAX_TOTAL_BYTES + MAX_SMALL_BYTES - 10)
    with pytest.raises(TooManyBytesError):
        request_of(11, held).add(b"x" * 11)


def test_visitor_can_write_on_a_full_disk_while_a_stranger_holds_the_memory_for_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        held = Holdings(total=MAX_BYTES_WITHOUT_DISK)
        large, form = request_of(1_000_000, held), request_of(2_000, held)
        with pytest.raises(TooManyBytesError):
            large.add(b"x" * 100_000)
        form.add(b"x" * 2_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    form.body.seek(0)
    assert form.body.read() == b"x" * 2_000


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
    response = ResponseBuffer(Holdings(), str)
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


def copy_from_bucket(size: int) -> Any:
    """A file as django-storages downloads it for one reader; sparse, so that it takes no room."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's
    file.truncate(size)
    return file


@pytest.mark.parametrize("networks", [1, 4], ids=["one network", "all together"])
def test_slow_readers_of_a_bucket_hold_only_so_much_of_the_disk(networks: int) -> None:
    copies, limit = Holdings(), min(networks * MAX_NETWORK_BYTES, MAX_TOTAL_BYTES)
    size, taken = 16 * 1024 * 1024, []
    for number in range(limit // size):
        network = f"198.51.{number % networks}.0/24"
        taken.append(ResponseBuffer(copies, lambda network=network: network))
        with copy_from_bucket(size) as file:
            taken[-1].sendfile(file)
    assert copies.total == limit
    with copy_from_bucket(size) as file:
        refused = ResponseBuffer(copies, lambda: "198.51.0.0/24")
        with pytest.raises(TooManyBytesError):
            refused.sendfile(file)
        refused.close()
    with copy_from_bucket(200_000) as file:
        small = ResponseBuffer(copies, lambda: "203.0.113.0/24")
        small.sendfile(file)
        small.close()
    for response in taken:
        response.close()
        response.close()
    assert (copies.total, dict(copies.by_network)) == (0, {})


def test_a_file_that_lies_there_anyway_counts_for_nothing() -> None:
    copies = Holdings()
    response = ResponseBuffer(copies, str)
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(MAX_TOTAL_BYTES + 1)
        response.sendfile(file)
        response.sendfile(file)
    assert copies.total == 0
    response.close()
