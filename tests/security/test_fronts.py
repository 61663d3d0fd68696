"""The servers in front pass on no header that could stand for a variable of the site's own."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.deploy.fronts import HOST, caddy, connect, nginx, varnish
from tests.programs import needs
from tests.served import free_port, wait_until

pytestmark = [pytest.mark.xdist_group("deploy"), needs("openssl")]
ATTACK = {
    "SCRIPT_NAME": "/evil",
    "Script_Name": "/evil",
    "PATH_INFO": "/evil/",
    "path_info": "/evil/",
    "REMOTE_USER": "evil",
}


class Sink(NamedTuple):
    """A server in the site's place that notes which headers arrive; it leads from http to https."""

    port: int
    environment: dict[str, str]
    headers: list[tuple[str, str]]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    headers: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.extend(self.headers.items())
            is_http = self.headers["X-Forwarded-Proto"] == "http"
            self.send_response(301 if is_http else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Sink(server.server_port, {"DATA_DIR": str(tmp_path)}, headers)
    server.shutdown()
    server.server_close()


def attack(visitor: http.client.HTTPConnection) -> int:
    visitor.request("GET", "/about/", headers={"Host": HOST, "X-Plain": "1"} | ATTACK)
    return visitor.getresponse().status


def check(sink: Sink) -> None:
    names = [name for name, _ in sink.headers]
    assert "X-Plain" in names
    assert [name for name in names if "_" in name] == []


@needs("caddy")
def test_caddy_passes_none_on(sink: Any, tmp_path: Path) -> None:
    with caddy(sink, tmp_path) as port:
        assert attack(connect(port)) == 200
    check(sink)


@needs("nginx")
def test_nginx_passes_none_on(sink: Any, tmp_path: Path) -> None:
    with nginx(sink, tmp_path) as port:
        assert attack(connect(port)) == 200
    check(sink)


@needs("varnishd")
def test_varnish_passes_none_on(sink: Any, tmp_path: Path) -> None:
    port = free_port()
    with varnish(sink.port, tmp_path, port):
        visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        wait_until(lambda: attack(visitor) == 200)
        visitor.close()
    check(sink)


@pytest.fixture
def behind_varnish(sink: Sink, tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    """What ends https on the same machine, and asks Varnish."""
    port = free_port()
    with varnish(sink.port, tmp_path, port):
        visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        wait_until(lambda: ask(visitor, "/first/") == 200)
        yield visitor
        visitor.close()


def ask(visitor: http.client.HTTPConnection, path: str, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    visitor.request("GET", path, headers={"Host": HOST} | names)
    response = visitor.getresponse()
    response.read()
    return response.status


@needs("varnishd")
@pytest.mark.parametrize("given", ["198.51.100.7", "203.0.113.1, 198.51.100.7"])
def test_varnish_makes_no_two_visitors_one(
    behind_varnish: http.client.HTTPConnection, sink: Sink, given: str
) -> None:
    """Or ten wrong passwords of a stranger would be the owner's as well."""
    assert ask(behind_varnish, "/about/", X_Forwarded_For=given) == 200
    assert ("X-Forwarded-For", given) in sink.headers


@needs("varnishd")
def test_varnish_gives_no_redirect_to_https_to_who_came_by_it(
    behind_varnish: http.client.HTTPConnection,
) -> None:
    for _ in range(2):
        assert ask(behind_varnish, "/about/", X_Forwarded_Proto="http") == 301
        assert ask(behind_varnish, "/about/", X_Forwarded_Proto="https") == 200
