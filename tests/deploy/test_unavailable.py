"""Whoever comes while the site doesn't answer is told so by the server in front, and soon."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.deploy.fronts import HOST, caddy, connect, nginx, varnish
from tests.programs import needs
from tests.served import free_port

pytestmark = [pytest.mark.xdist_group("deploy"), needs("openssl")]
FRONTS = [
    pytest.param("caddy", marks=needs("caddy")),
    pytest.param("nginx", marks=needs("nginx")),
    pytest.param("varnish", marks=needs("varnishd")),
]
TIMEOUT, SOON = "1s", 8  # what the fronts are told, and the seconds after which a visitor gives up
OWN_WORDS = b"the site's own 503 page"


class Site(NamedTuple):
    port: int
    environment: dict[str, str]


@contextmanager
def front(name: str, site: Site, folder: Path) -> Iterator[http.client.HTTPConnection]:
    """Yield a visitor's connection to a server in front of a site."""
    if name == "varnish":
        port = free_port()
        with varnish(site.port, folder, port, TIMEOUT):
            yield http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
        return
    with {"caddy": caddy, "nginx": nginx}[name](site, folder, TIMEOUT) as port:
        visitor = connect(port)
        visitor.timeout = SOON
        yield visitor


def check(visitor: http.client.HTTPConnection) -> None:
    for method, path in (("GET", "/about/"), ("POST", "/contact/")):
        visitor.request(method, path, b"", {"Host": HOST})
        response = visitor.getresponse()
        assert response.status == 503
        assert "Back soon" in response.read().decode()
        assert response.headers["Content-Type"].startswith("text/html")
        assert response.headers["Retry-After"] == "30"
        assert response.headers["Cache-Control"] == "no-store"


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Site]:
    """A site that is starting: its port takes connections, and nobody answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield Site(listener.getsockname()[1], {"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("name", FRONTS)
def test_visitor_of_a_site_that_never_answers_is_told_to_come_back(
    name: str, hanging: Site, tmp_path: Path
) -> None:
    with front(name, hanging, tmp_path) as visitor:
        check(visitor)


@pytest.mark.parametrize("name", FRONTS)
def test_visitor_of_a_site_that_failed_is_told_at_once(name: str, tmp_path: Path) -> None:
    site = Site(free_port(), {"DATA_DIR": str(tmp_path)})
    with front(name, site, tmp_path) as visitor:
        began = time.monotonic()
        check(visitor)
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("name", FRONTS)
def test_visitor_whose_message_the_site_gives_back_gets_it(name: str, tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.send_header("Content-Length", str(len(OWN_WORDS)))
            self.end_headers()
            self.wfile.write(OWN_WORDS)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        site = Site(server.server_port, {"DATA_DIR": str(tmp_path)})
        with front(name, site, tmp_path) as visitor:
            visitor.request("POST", "/contact/", b"", {"Host": HOST})
            response = visitor.getresponse()
            assert (response.status, response.read()) == (503, OWN_WORDS)
    finally:
        server.shutdown()
        server.server_close()
