"""Clients who say nothing, or say it slowly, keep nobody from the site."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.security.slow import has_ended
from tests.served import ServedSite, copy_of_standard_site, wait_until
from vasite.serving.buffers import MAX_BODY_BYTES, Holdings, RequestBuffer

IDLE, SLOW = 2000, 1000
HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\nX-Slow: "
POST = "POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n"
POST += "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n{more}\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder: Path = tmp_path_factory.mktemp("slow")
    address = copy_of_standard_site(folder, "vasite_slow")
    with ServedSite(folder, "--empty", DATABASE_URL=address) as site:
        yield site


@pytest.fixture
def connect(site: ServedSite) -> Iterator[object]:
    with ExitStack() as opened:

        def connect(*said: bytes) -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", site.port), timeout=30)
            opened.callback(connection.close)
            for part in said:
                connection.sendall(part)
            return connection

        yield connect


def form(number: int, length: int = 0) -> bytes:
    fields = {"name": f"Slow {number}", "email": f"slow{number}@example.com"}
    message = f"Could you take over my diary? We are number {number}."
    return urlencode(fields | {"message": message, "unknown": "x" * length}).encode()


def answer_to(connection: socket.socket) -> bytes:
    heard = b""
    while part := connection.recv(65_536):
        heard += part
    return heard


@pytest.mark.xdist_group("faults")
def test_a_thousand_slow_ones_and_twice_as_many_silent_ones(
    site: ServedSite, connect: object
) -> None:
    silent = [connect() for _ in range(IDLE)]
    slow = [connect(HEAD) for _ in range(SLOW)]
    slow += [connect(POST.format(port=site.port, length=5000, more="").encode()) for _ in range(50)]
    for turn in range(20):
        for connection in slow[turn::20]:
            connection.sendall(b"x")
        assert site.get("/")[0] == 200
        assert site.get(f"/search/?q=number{turn}")[0] == 200  # made anew
        if turn == 0:  # before, threads waited, and read a page when they had ended a slow one
            assert not any(has_ended(connection) for connection in slow)
    body = form(1)
    in_time = connect(POST.format(port=site.port, length=len(body), more="").encode(), body)
    assert b"303 See Other" in answer_to(in_time)
    print(f"40 pages and a message with {len(silent)} silent and {len(slow)} slow connections open")


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(
    ("number", "length", "more"),
    [(2, 0, ""), (3, 30_000, ""), (4, 90_000, ""), (5, 0, "Expect: 100-continue\r\n")],
    ids=["short", "long", "longer than what is looked at", "asks before it sends"],
)
def test_a_message_that_comes_slowly_arrives(
    site: ServedSite, connect: object, number: int, length: int, more: str
) -> None:
    body = form(number, length)
    head = POST.format(port=site.port, length=len(body), more=more).encode()
    connection = connect(head[:30])
    for part in (head[30:70], head[70:]):
        time.sleep(0.1)
        connection.sendall(part)
    if more:
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
    piece = len(body) // 10 + 1
    for start in range(0, len(body), piece):
        time.sleep(0.05)
        connection.sendall(body[start : start + piece])
    assert b"303 See Other" in answer_to(connection)


@pytest.mark.xdist_group("faults")
def test_two_requests_on_one_connection(site: ServedSite, connect: object) -> None:
    ask = f"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode()
    last = ask[:-2] + b"Connection: close\r\n\r\n"
    at_once = answer_to(connect(ask + last))
    assert at_once.count(b"200 OK") == 2
    kept = connect(ask)
    assert b"200 OK" in kept.recv(65_536)
    for part in (last[:20], last[20:]):
        time.sleep(0.1)
        kept.sendall(part)
    assert b"200 OK" in answer_to(kept)


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For 203.0.113.7\r\n\r\n", b"400"),
        (b"GET /unsubscribe/secret-token/\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 40_000, b"431"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
    ],
    ids=["header", "request line", "long path", "long header", "coding", "two lengths"],
)
def test_strangers_request_that_cannot_be_read_leaves_no_trace_of_who_sent_it(
    site: ServedSite, connect: object, said: bytes, status: bytes
) -> None:
    site.output.clear()
    answer = answer_to(connect(said))
    assert answer.split(b" ")[1] == status
    assert b"secret-token" not in answer
    wait_until(lambda: site.get("/")[0] == 200)
    logged = "".join(site.output)
    assert "127.0.0.1" not in logged
    assert "203.0.113.7" not in logged
    assert "secret-token" not in logged


@pytest.mark.xdist_group("faults")
def test_two_messages_at_once_with_lengths_that_differ_are_never_mixed(
    site: ServedSite, connect: object
) -> None:
    """What gunicorn and the loop count differently must not become a request of its own."""
    inner = f"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode()
    for header in (b"Content-Length: +5", b"Content-Length : 5", b"Transfer-Encoding: chunked"):
        said = f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n".encode() + header
        assert answer_to(connect(said + b"\r\n\r\n" + inner)).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("head", "missing", "is_last"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 5, False),
        (b"POST / HTTP/1.1\r\ncontent-length:5\r\nHost: x\r\n\r\n", 5, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 37748736\r\n\r\n", MAX_BODY_BYTES, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 37748737\r\n\r\n", 0, True),
        (b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", 0, False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 0, True),
    ],
)
def test_how_much_is_waited_for(head: bytes, missing: int, is_last: bool) -> None:
    request = RequestBuffer(head, Holdings(), lambda: "")
    assert (request.missing, request.is_last) == (missing, is_last)
