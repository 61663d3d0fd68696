"""What stands in front is told of a change, in its own words, until it has heard."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from vasite.environment import read_environment
from vasite.pagecache import purging
from vasite.pagecache.purging import purge_if_changed


class Front(HTTPServer):
    """A CDN's interface, which notes what it is asked and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Front

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    do_POST = do_BAN = answer  # noqa: N815

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def front(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    server = Front()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(purging, "CLOUDFLARE", f"{address}/client/v4")
    monkeypatch.setattr(purging, "FASTLY", address)
    settings.PURGE = {"scheme": "varnish", "host": f"127.0.0.1:{server.server_port}"}
    purging.PURGED.unlink(missing_ok=True)
    yield server
    purging.PURGED.unlink(missing_ok=True)
    server.shutdown()
    server.server_close()


@pytest.fixture
def purged(front: Front, visit: Visitors, site: SmallSite) -> Front:
    """A front that has a page and knows of all changes so far."""
    visit("/")
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        assert purge_if_changed()
        clock.shift(6)
        assert purge_if_changed()  # for what was on its way there
        assert not purge_if_changed()
    front.asked.clear()
    return front


class OtherService(socketserver.BaseRequestHandler):
    """What listens at Varnish's console, say: no HTTP."""

    def handle(self) -> None:
        self.request.recv(4096)
        self.request.sendall(b"107 59\nAuthentication required.\n")


def publish(site: SmallSite) -> None:
    site.post.title += "!"
    site.post.save_revision().publish()


def test_owner_is_told_that_the_front_speaks_no_http(purged: Front, settings: Any) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), OtherService) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        settings.PURGE = {"scheme": "varnish", "host": f"127.0.0.1:{service.server_address[1]}"}
        with pytest.raises(CommandError, match="its answer is not HTTP"):
            call_command("clear_page_cache")
        service.shutdown()


def test_nothing_is_said_while_nothing_changes(purged: Front) -> None:
    assert not purge_if_changed()
    assert purged.asked == []


def test_varnish_is_told(purged: Front, site: SmallSite) -> None:
    publish(site)
    assert purge_if_changed()
    ((method, path, headers, _),) = purged.asked
    assert (method, path, headers["Host"]) == ("BAN", "/", "127.0.0.1:8000")


def test_one_that_does_not_answer_is_told_again(purged: Front, site: SmallSite) -> None:
    publish(site)
    purged.status = 503
    with pytest.raises(OSError, match="503"):
        purge_if_changed()
    purged.status = 200
    assert purge_if_changed()
    assert len(purged.asked) == 2


@pytest.mark.parametrize(
    ("address", "path", "header", "body"),
    [
        (
            "cloudflare://f00:t%2Fo@",
            "/client/v4/zones/f00/purge_cache",
            ("Authorization", "Bearer t/o"),
            b'{"purge_everything": true}',
        ),
        ("fastly://SU1:key@", "/service/SU1/purge_all", ("Fastly-Key", "key"), b""),
    ],
)
def test_a_cdn_is_told(
    purged: Front,
    site: SmallSite,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    path: str,
    header: tuple[str, str],
    body: bytes,
) -> None:
    monkeypatch.setenv("PURGE_URL", address)
    settings.PURGE = read_environment()["PURGE_URL"]
    publish(site)
    assert purge_if_changed()
    ((method, asked, headers, sent),) = purged.asked
    assert (method, asked, sent) == ("POST", path, body)
    assert headers[header[0]] == header[1]


def test_only_plain_pages_are_kept_in_front(visit: Visitors, front: Front) -> None:
    assert "s-maxage=600" in visit("/blog/").headers["Cache-Control"]
    assert "s-maxage=0" in visit("/search/?q=trust").headers["Cache-Control"]


def test_without_a_front_that_can_be_told_nothing_is_kept_there(visit: Visitors) -> None:
    assert "s-maxage=0" in visit("/blog/").headers["Cache-Control"]


def test_operator_who_clears_the_cache_purges_what_is_in_front(purged: Front) -> None:
    before = len(purged.asked)
    call_command("clear_page_cache", verbosity=0)
    assert [asked[0] for asked in purged.asked[before:]] == ["BAN"]
    purged.status = 500
    with pytest.raises(CommandError, match="could not be purged"):
        call_command("clear_page_cache")
