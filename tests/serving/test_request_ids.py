"""What a visitor quotes finds the lines of their request in the log, and nobody else's."""

from __future__ import annotations

import json
import logging
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors, new_layer, visit  # noqa: F401 - fixtures
from tests.served import ServedSite, copy_of_standard_site, wait_until
from vasite.pagecache.front import Front
from vasite.serving.errors import server_error
from vasite.serving.logs import JsonFormatter, TextFormatter

OWN = re.compile(r"[0-9a-f]{16}")
POST = "/blog/on-trust/"


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("me@example.com")


urlpatterns = [path("broken/", broken)]
handler500 = server_error


@pytest.fixture
def broken_page(client: Client, settings: Any) -> Client:
    """A visitor of a site that has a page with a fault in its code."""
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


def test_visitor_of_a_page_that_breaks_can_quote_what_finds_it_in_the_log(
    broken_page: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caplog.handler, "formatter", TextFormatter())
    caplog.set_level(logging.INFO)
    response = broken_page.get("/broken/")
    assert response.status_code == 500
    reference = response["X-Request-ID"]
    assert OWN.fullmatch(reference)
    assert f"<small>If you tell us about it, please quote this reference: {reference}<" in (
        response.text
    )
    lines = [line for line in caplog.text.splitlines() if reference in line]
    assert [line.split()[3] for line in lines] == ["django.request", "vasite.request"]
    assert f"GET /broken/ 500 0 ms [{reference}]" in re.sub(r"\d+ ms", "0 ms", lines[1])
    assert broken_page.get("/broken/")["X-Request-ID"] != reference


def test_operator_finds_the_id_in_each_json_line_of_a_request_and_in_no_other(
    client: Client,
    site: SmallSite,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caplog.handler, "formatter", JsonFormatter())
    caplog.set_level(logging.INFO)
    response = client.get("/no-such-page/")
    logging.getLogger("vasite.event").info("The worker goes on")
    *lines, last = [json.loads(line) for line in caplog.text.splitlines()]
    assert [line["request_id"] for line in lines] == [response["X-Request-ID"]]
    assert "request_id" not in last


def test_visitor_of_a_kept_page_is_given_nobody_elses_id(
    visit: Visitors,  # noqa: F811
    new_layer: Any,  # noqa: F811
) -> None:
    for ask in (visit, visit, new_layer()):  # made, from memory, from the disk
        response = ask(POST)
        assert response.status == 200
        assert "X-Request-ID" not in response.headers
    assert visit.made == [POST]
    pages = [p for p in (site_settings.PAGE_CACHE_DIR / "pages").rglob("*") if p.is_file()]
    assert pages
    assert not any(b"X-Request-ID" in page.read_bytes() for page in pages)
    gone = [visit("/nothing/").headers["X-Request-ID"] for _ in range(2)]
    assert len(set(gone)) == 2


def test_owner_who_reads_her_own_page_has_an_id_of_her_own(visit: Visitors) -> None:  # noqa: F811
    ids = {visit(POST, cookie="sessionid=abc").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


def test_nginx_adds_nobodys_id_to_the_pages_that_it_gives_from_files(tmp_path: Path) -> None:
    headers = [("X-Frame-Options", "DENY"), ("X-Request-ID", "5f0c1d2e3a4b5c6d")]
    assert Front(tmp_path).write_headers(headers)
    assert not Front(tmp_path).write_headers([headers[0], ("X-Request-ID", "0" * 16)])
    written = (tmp_path / "headers.conf").read_text()
    assert "X-Frame-Options" in written
    assert "X-Request-ID" not in written


def test_shared_caches_are_given_no_id_with_what_they_may_keep(
    client: Client, site: SmallSite
) -> None:
    media = Path(site_settings.MEDIA_ROOT) / "request-id.txt"
    media.write_text("public")
    response = client.get("/media/request-id.txt")
    assert "public" in response["Cache-Control"]
    assert "X-Request-ID" not in response


def test_shared_caches_that_keep_a_redirect_replay_nobodys_id(
    client: Client, site: SmallSite
) -> None:
    response = client.get("/blog")
    assert response.status_code == 301
    assert "Cache-Control" not in response
    assert "X-Request-ID" not in response


HEX, UUID = "0123456789abcdef" * 2, "0f5e9a52-1b7c-4a52-9d0e-6a5c1de8b1a7"


@pytest.mark.parametrize(
    ("given", "proto", "is_https", "is_taken"),
    [
        pytest.param(HEX, "https", True, True, id="nginx"),
        pytest.param(UUID, "https", True, True, id="Caddy"),
        pytest.param(HEX, "https", False, False, id="site without a proxy"),
        pytest.param(HEX, "http", True, False, id="past the proxy"),
        pytest.param(HEX[1:], "https", True, False, id="too short"),
        pytest.param(HEX + "0", "https", True, False, id="too long"),
        pytest.param(f"{HEX}\n", "https", True, False, id="line end"),
        pytest.param(f"{HEX}, {HEX}", "https", True, False, id="two"),
        pytest.param("zelda@example.org", "https", True, False, id="person"),
        pytest.param("<script>" + HEX[8:], "https", True, False, id="script"),
        pytest.param("", "https", True, False, id="empty"),
    ],
)
def test_only_the_proxys_id_is_taken(
    client: Client, settings: Any, given: str, proto: str, is_https: bool, is_taken: bool
) -> None:
    settings.IS_HTTPS = is_https
    headers = {"X-Request-ID": given, "X-Forwarded-Proto": proto}
    found = client.get("/healthz", headers=headers)["X-Request-ID"]
    assert (found == given) is is_taken
    assert is_taken or OWN.fullmatch(found)


def test_served_site_names_every_request_in_its_answer_and_its_log(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_request_ids")
    environment = {"SITE_URL": "https://www.example.co.uk", "LOG_FORMAT": "json"}
    with ServedSite(tmp_path, DATABASE_URL=address, **environment) as site:

        def ask(request: str) -> dict[str, str]:
            with socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection:
                connection.sendall(f"{request}\r\nHost: www.example.co.uk\r\n\r\n".encode())
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
            pairs = [line.partition(": ") for line in head.decode("latin-1").splitlines()]
            return {name.lower(): value for name, _, value in pairs}

        by_proxy = f"X-Forwarded-Proto: https\r\nX-Request-ID: {UUID}"
        missing = ask(f"GET /nothing/ HTTP/1.1\r\n{by_proxy}")
        assert missing["x-request-id"] == UUID  # through the page cache, which keeps no 404
        malformed = ask("G@T / HTTP/1.1")["x-request-id"]
        page = [ask(f"GET / HTTP/1.1\r\n{by_proxy}") for _ in range(2)]
        assert [answer.get("x-request-id") for answer in page] == [None, None]
        assert all("etag" in answer for answer in page)

        def lines_of(request_id: str) -> list[str]:
            own = [json.loads(line) for line in site.output if line.startswith("{")]
            return [line["message"] for line in own if line.get("request_id") == request_id]

        wait_until(lambda: bool(lines_of(malformed)) and len(lines_of(UUID)) == 2)
        assert [line.rsplit(" ", 2)[0] for line in lines_of(UUID)] == [
            "GET /nothing/ 404",
            "GET / 200",
        ]
        assert lines_of(malformed) == ["A request was refused: InvalidRequestMethod"]
