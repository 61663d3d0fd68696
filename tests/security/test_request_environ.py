"""Nothing that a visitor sends changes what the next visitor gets: the table of all that a request
can tell an application (RFC 3875, PEP 3333), and of headers that servers make that from."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from tests.served import ServedSite, copy_of_standard_site
from vasite.pagecache.generations import ALL, Generations
from vasite.pagecache.watching import change_everything
from vasite.serving.content_types import WithoutParameters

PAGES = ["/", "/blog/", "/blog/on-trust/", "/contact/", "/newsletter/", "/feed/", "/sitemap.xml"]
UNKEPT = ["/search/?q=" + "x" * 400, "/nothing/", "/newsletter/confirm/x/", "/blog/?page=9"]
EVIL = "https://evil.example"
VARIABLES: dict[str, dict[str, Any]] = {
    "AUTH_TYPE": {"AUTH_TYPE": "evil"},
    "CONTENT_LENGTH": {"CONTENT_LENGTH": "4"},
    "CONTENT_TYPE": {"CONTENT_TYPE": "text/evil; charset=utf-16"},
    "GATEWAY_INTERFACE": {"GATEWAY_INTERFACE": "evil"},
    "PATH_TRANSLATED": {"PATH_TRANSLATED": "/evil"},
    "REMOTE_ADDR": {"REMOTE_ADDR": "6.6.6.6"},
    "REMOTE_HOST": {"REMOTE_HOST": "evil.example"},
    "REMOTE_IDENT": {"REMOTE_IDENT": "evil"},
    "REMOTE_USER": {"REMOTE_USER": "evil"},
    "REQUEST_METHOD": {"REQUEST_METHOD": "HEAD"},
    "SCRIPT_NAME": {"SCRIPT_NAME": "/evil"},
    "SCRIPT_NAME of another host": {"SCRIPT_NAME": EVIL},
    "SCRIPT_NAME that is a host": {"SCRIPT_NAME": "//evil.example"},
    "SERVER_NAME": {"SERVER_NAME": "evil.example"},
    "SERVER_PORT": {"SERVER_PORT": "666"},
    "SERVER_PROTOCOL": {"SERVER_PROTOCOL": "HTTP/0.9"},
    "SERVER_SOFTWARE": {"SERVER_SOFTWARE": "evil"},
    "REQUEST_URI": {"REQUEST_URI": f"{EVIL}/evil"},
    "RAW_URI": {"RAW_URI": f"{EVIL}/evil"},
    "SCRIPT_URL": {"SCRIPT_URL": "/evil/about/"},
    "REDIRECT_URL": {"REDIRECT_URL": "/evil/about/"},
    "SCRIPT_FILENAME": {"SCRIPT_FILENAME": "/evil"},
    "DOCUMENT_ROOT": {"DOCUMENT_ROOT": "/evil"},
    "HTTPS": {"HTTPS": "on"},
    "wsgi.url_scheme": {"wsgi.url_scheme": "https"},
    "wsgi.multithread": {"wsgi.multithread": False},
    "wsgi.run_once": {"wsgi.run_once": True},
    "HTTP_SCRIPT_NAME": {"HTTP_SCRIPT_NAME": "/evil"},
    "HTTP_PATH_INFO": {"HTTP_PATH_INFO": "/evil"},
    "HTTP_X_SCRIPT_NAME": {"HTTP_X_SCRIPT_NAME": "/evil"},
    "HTTP_PROXY": {"HTTP_PROXY": EVIL},
    "HTTP_FORWARDED": {"HTTP_FORWARDED": "host=evil.example;proto=https"},
    "HTTP_X_FORWARDED_SERVER": {"HTTP_X_FORWARDED_SERVER": "evil.example"},
    "HTTP_X_FORWARDED_PORT": {"HTTP_X_FORWARDED_PORT": "666"},
    "HTTP_ACCEPT_LANGUAGE": {"HTTP_ACCEPT_LANGUAGE": "cy"},
    "HTTP_REFERER": {"HTTP_REFERER": EVIL},
    "all at once": {"SCRIPT_NAME": "/evil", "SERVER_NAME": "evil.example", "HTTPS": "on"},
}


@pytest.mark.parametrize("name", VARIABLES)
def test_visitor_gets_the_same_page_whatever_somebody_asked_with_before(
    visit: Visitors, site: SmallSite, name: str
) -> None:
    clean = {path: visit(path).body for path in PAGES}
    change_everything()  # so that the next to ask is the one for whom all of it is made
    for path in [*UNKEPT, *PAGES]:
        visit.ask(path, "GET", VARIABLES[name])
    assert {path: visit(path).body for path in PAGES} == clean
    assert all(b"evil" not in page for page in clean.values())


@pytest.mark.parametrize("script_name", ["/evil", EVIL, "//evil.example", "/services"])
def test_page_asked_for_below_another_root_is_kept_for_nobody(
    visit: Visitors, site: SmallSite, script_name: str
) -> None:
    for _ in range(2):
        page = visit.ask("/blog/", "GET", {"SCRIPT_NAME": script_name})
        assert page.headers.get("Age") is None
        assert script_name.encode() + b"/blog/" not in page.body
    assert visit.made == ["/blog/", "/blog/"]


def test_page_is_made_from_its_address_and_nothing_else_of_the_request(
    visit: Visitors, site: SmallSite
) -> None:
    """What isn't in the key of a page that is kept doesn't reach what makes it."""
    seen: list[dict[str, Any]] = []
    make = visit.layer.application

    def note(environ: dict[str, Any], start_response: Any) -> Any:
        seen.append({key: environ[key] for key in environ if not key.startswith("wsgi.")})
        return make(environ, start_response)

    visit.layer.application = note
    visit("/blog/")
    change_everything()
    many = {key: value for one in VARIABLES.values() for key, value in one.items()}
    visit.ask("/blog/?utm_source=evil", "GET", many | {"SCRIPT_NAME": "", "REQUEST_METHOD": "GET"})
    first, second = ({key: one[key] for key in one if key != "vasite.kept"} for one in seen)
    assert first == second


HEADERS = [
    "SCRIPT_NAME: /evil",
    "Script_Name: /evil",
    "SCRIPT-NAME: /evil",
    "PATH_INFO: /evil/",
    "PATH-INFO: /evil/",
    "X-Script-Name: /evil",
    "REMOTE_USER: evil",
    "REMOTE_ADDR: 6.6.6.6",
    "SERVER_NAME: evil.example",
    "SERVER_PORT: 666",
    "REQUEST_URI: /evil/",
    "wsgi.url_scheme: https",
    "HTTP_HOST: evil.example",
    "Proxy: https://evil.example",
    "Forwarded: host=evil.example;proto=https",
    "X-Forwarded-Host: evil.example",
    "X_Forwarded_Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Protocol: ssl",
    "X-Forwarded-Ssl: on",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Server: evil.example",
    "X-Host: evil.example",
    "X-Original-URL: /evil/",
    "X-Original-Host: evil.example",
    "X-Rewrite-URL: /evil/",
    "X-HTTP-Method-Override: POST",
    "X-Method-Override: DELETE",
    "Front-End-Https: on",
    "Content-Type: text/evil; charset=utf-16",
    "Range: bytes=0-10",
    "Cookie: evil=1",
    "Accept-Language: cy",
    "Authorization: Basic evil",
]
TARGETS = [
    ("{path}", "SCRIPT_NAME: {path}"),
    ("/evil{path}", "SCRIPT_NAME: /evil"),
    ("/evil{path}", "SCRIPT-NAME: /evil"),
    ("x:https://evil.example{path}", "SCRIPT_NAME: https://evil.example"),
    ("x:https://evil.example{path}", "X-Nothing: 1"),
    ("https://evil.example{path}", "X-Nothing: 1"),
    ("http://evil.example:666{path}", "X-Forwarded-Proto: https"),
    ("//evil.example{path}", "SCRIPT_NAME: //evil.example"),
    ("{path}#evil", "X-Nothing: 1"),
    ("{path}?utm_evil=1", "X-Nothing: 1"),
    ("{path};evil=1", "X-Nothing: 1"),
]
SHOWN = ["/", "/about/", "/contact/", "/newsletter/", "/sitemap.xml"]


class Direct:
    """Speaks to the site without a client in between that would put a request right."""

    def __init__(self, site: ServedSite) -> None:
        self.site = site
        self.generations = Generations(Path(site.environment["DATA_DIR"]) / "pagecache")
        self.clean = {path: self.page(path) for path in SHOWN}

    def send(self, target: str, *headers: str) -> tuple[int, bytes]:
        host = f"Host: 127.0.0.1:{self.site.port}"
        lines = [f"GET {target} HTTP/1.1", host, "Connection: close", *headers]
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=30) as visitor:
            visitor.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            answer = b"".join(iter(lambda: visitor.recv(65_536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body

    def page(self, path: str) -> bytes:
        status, body = self.send(path)
        assert status == 200
        return body

    def revoke(self) -> None:
        """Sees to it that the next to ask is the one for whom each page is made."""
        self.generations.change(ALL)

    def check(self) -> None:
        assert {path: self.page(path) for path in SHOWN} == self.clean


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    folder = tmp_path_factory.mktemp("site")
    address = copy_of_standard_site(folder, "vasite_environ")
    # With PAGE_FILES the counters are in a file, whichever the database
    with ServedSite(folder, "--empty", DATABASE_URL=address, PAGE_FILES="true") as site:
        yield Direct(site)


@pytest.mark.xdist_group("request_environ")  # one start of the site
def test_no_header_of_a_stranger_is_in_what_others_get(direct: Direct) -> None:
    for header in HEADERS:
        direct.revoke()
        for path in ["/search/?q=evil", "/nothing/", *SHOWN]:
            direct.send(path, header)
        direct.check()


@pytest.mark.xdist_group("request_environ")  # one start of the site
def test_no_request_line_of_a_stranger_is_in_what_others_get(direct: Direct) -> None:
    for target, header in TARGETS:
        direct.revoke()
        for path in SHOWN:
            direct.send(target.format(path=path), header.format(path=path.rstrip("/")))
        direct.check()


@pytest.mark.parametrize(
    "parameters",
    [
        *("charset=zlib", "charset=rot13", "charset=undefined", "charset=utf-16"),
        *("x*=y; x*0*=z", "x*=nowhere''y", 'boundary="\\"; x*=y; x*0*=z"', "x=" + "y" * 20_000),
        "boundary*=nowhere''b; charset*0=x; charset*=y",
    ],
)
def test_what_a_stranger_says_of_a_body_is_no_fault_of_the_site(parameters: str) -> None:
    seen: list[str] = []

    def note(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = WSGIRequest(environ)
        seen.append(request.GET["q"])
        assert request.content_type == "multipart/form-data"
        assert "charset" not in request.content_params
        return []

    environ = RequestFactory().get("/search/?q=pay").environ
    environ["CONTENT_TYPE"] = f"multipart/form-data; boundary=b; {parameters}"
    WithoutParameters(note)(environ, None)
    assert seen == ["pay"]
