"""Strangers who send or read slowly hold no thread, and are hung up on."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.fronts import HOST, caddy
from tests.deploy.fronts import connect as connect_to_front
from tests.programs import needs
from tests.security.slow import FORM, GET, MEDIA_BYTES, SlowClient, slow_clients, slow_readers
from tests.served import ServedSite, copy_of_standard_site, once, wait_until
from vasite.serving.patient_worker import LINGER_SECONDS, LOOK_SECONDS

pytestmark = [pytest.mark.xdist_group("faults"), once]
MEDIA = "/media/images/large.bin"
PAGES = 4  # read while every slow one is still there: before, none was until one had been ended
PATIENCE = 60  # seconds until all of them are hung up on


def lay_out_media(folder: Path) -> None:
    path = folder / "media" / "images" / "large.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(MEDIA_BYTES))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder: Path = tmp_path_factory.mktemp("slow")
    address = copy_of_standard_site(folder, "vasite_slowly")
    lay_out_media(folder)
    with ServedSite(folder, "--empty", DATABASE_URL=address) as site:
        assert site.get("/")[0] == 200
        yield site


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Give the ports of Caddy and of the site behind it."""
    folder = tmp_path_factory.mktemp("behind")
    address = copy_of_standard_site(folder, "vasite_slow_caddy")
    lay_out_media(folder)
    with (
        ServedSite(folder, SITE_URL=f"https://{HOST}", DATABASE_URL=address) as site,
        caddy(site, tmp_path_factory.mktemp("caddy")) as port,
    ):
        yield port, site.port


class Reader:
    """Somebody who asks for a cached page four times a second."""

    def __init__(self, ask: object) -> None:
        self.ask = ask
        self.count = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def read(self) -> None:
        while not self.is_over.wait(0.25):
            assert self.ask() == 200  # type: ignore[operator]
            self.count += 1

    def reads_on(self, pages: int = PAGES) -> None:
        """Wait until so many more pages are read."""
        enough = self.count + pages
        wait_until(lambda: self.count >= enough, seconds=PATIENCE)

    def __enter__(self) -> Reader:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.thread.join()


def reader(site: ServedSite) -> Reader:
    return Reader(lambda: site.get("/")[0])


def reader_through(port: int) -> Reader:
    def ask() -> int:
        visitor = connect_to_front(port)
        visitor.request("GET", "/", headers={"Host": HOST})
        answer = visitor.getresponse()
        answer.read()
        visitor.close()
        return answer.status

    return Reader(ask)


def direct(site: ServedSite) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=30)


def through(port: int) -> socket.socket:
    context = ssl._create_unverified_context()  # noqa: S323
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    return context.wrap_socket(plain, server_hostname=HOST)


def one_has_ended(clients: list[SlowClient]) -> bool:
    return any(client.lasted for client in clients)


def is_over(clients: list[SlowClient]) -> bool:
    return all(client.lasted for client in clients)


def connections_to(port: int) -> int:
    """Return how many connections are established to a port of this machine (proc(5), net/tcp)."""
    place = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1] == place and line[3] == "01" for line in lines)


def test_visitor_reads_while_two_dozen_send_slowly(site: ServedSite) -> None:
    host = f"127.0.0.1:{site.port}"
    with reader(site) as visitor, slow_clients(lambda: direct(site), host) as clients:
        visitor.reads_on()
        assert not one_has_ended(clients)
        wait_until(lambda: is_over(clients), seconds=PATIENCE)
    assert not [client.heard for client in clients if b" 303 " in client.heard]


def test_visitor_reads_while_two_dozen_read_slowly(site: ServedSite) -> None:
    host = f"127.0.0.1:{site.port}"
    with reader(site) as visitor, slow_readers(lambda: direct(site), host, MEDIA) as clients:
        visitor.reads_on()
        assert not one_has_ended(clients)
        wait_until(lambda: is_over(clients), seconds=PATIENCE)
    length = f"Content-Length: {MEDIA_BYTES}".encode()
    assert sum(length in client.heard for client in clients) == len(clients) // 2  # who read at all


def test_visitor_reads_while_two_dozen_ask_for_pages_and_read_none(site: ServedSite) -> None:
    host = f"127.0.0.1:{site.port}"
    ask = GET.format(host=host, path="/search/?q=desk").encode() * 300
    clients = [SlowClient(lambda: direct(site), ask, b"", 1.0, reads=0) for _ in range(24)]
    try:
        with reader(site) as visitor:
            visitor.reads_on()
            assert not one_has_ended(clients)
            visitor.reads_on(40)
    finally:
        for client in clients:
            client.stop()


@needs("caddy")
@needs("openssl")
def test_visitor_reads_through_caddy_while_two_dozen_send_slowly(front: tuple[int, int]) -> None:
    """Caddy hears them out, at little cost; the site hangs up on it."""
    port, site_port = front
    with reader_through(port) as visitor, slow_clients(lambda: through(port), HOST) as clients:
        wait_until(lambda: connections_to(site_port) > 15)
        visitor.reads_on()
        assert connections_to(site_port) > 15
        wait_until(lambda: connections_to(site_port) < 5, seconds=PATIENCE)
    assert not [client.heard for client in clients if b" 303 " in client.heard]


@needs("caddy")
@needs("openssl")
def test_visitor_reads_through_caddy_while_two_dozen_read_slowly(front: tuple[int, int]) -> None:
    port, site_port = front
    with (
        reader_through(port) as visitor,
        slow_readers(lambda: through(port), HOST, MEDIA, "/contact/"),
    ):
        wait_until(lambda: connections_to(site_port) > 5)
        visitor.reads_on()
        assert connections_to(site_port) > 5
        wait_until(lambda: connections_to(site_port) < 5, seconds=PATIENCE)


def test_visitor_on_a_slow_line_sends_a_large_body_to_its_end(site: ServedSite) -> None:
    """It lasts longer than any portion may: 2 MB at 50 kB a second."""
    fields = b"name=Hannah&email=hannah%40example.com&message=From+a+train&unknown="
    body = fields + b"x" * (2_000_000 - len(fields))
    host = f"127.0.0.1:{site.port}"
    portion = 25_000
    with direct(site) as visitor, reader(site) as other:
        visitor.sendall(FORM.format(host=host, length=len(body), more="").encode())
        for start in range(0, len(body), portion):
            if start == len(body) // 2:
                other.reads_on()
            visitor.sendall(body[start : start + portion])
            time.sleep(0.5)
        assert visitor.recv(100).startswith(b"HTTP/1.1 303 ")


def test_stranger_who_keeps_a_closed_connection_open_stops_nobody(site: ServedSite) -> None:
    """gunicorn's own loop would wait two seconds for each."""
    last = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: close\r\n\r\n".encode()
    clients = [direct(site) for _ in range(24)]
    with reader(site) as visitor:
        for client in clients:
            client.sendall(last)
        wait_until(lambda: visitor.count > 12)
    for client in clients:
        client.close()


def test_visitor_on_a_slow_line_reads_the_last_page_to_its_end(site: ServedSite) -> None:
    """It is still under way when the site is done with the connection."""
    last = f"GET /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: close\r\n\r\n"
    with socket.socket() as visitor, reader(site) as other:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        visitor.settimeout(30)
        visitor.connect(("127.0.0.1", site.port))
        visitor.sendall(last.encode())
        heard = visitor.recv(1000)
        sent = other.count + 4 * (LINGER_SECONDS + LOOK_SECONDS + 1)
        wait_until(lambda: other.count > sent)
        while part := visitor.recv(1000):
            heard += part
    assert heard.endswith(b"</html>\n")
