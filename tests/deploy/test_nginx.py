"""deploy/nginx.conf: a real nginx in front of the real site."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.deploy.fronts import DEPLOY, HOST, connect, fill_in, nginx
from tests.programs import needs
from tests.served import ServedSite, copy_of_standard_site, wait_until

pytestmark = [pytest.mark.xdist_group("deploy"), needs("nginx"), needs("openssl")]
ITS_OWN = {"Server", "Date", "Connection", "ETag", "Last-Modified", "Age", "Transfer-Encoding"}


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def is_file(self) -> bool:
        """Whether nginx gave it by itself: the site says how old a page is."""
        return self.headers["Age"] is None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder = tmp_path_factory.mktemp("site")
    address = copy_of_standard_site(folder, "vasite_nginx")
    public = {"SITE_URL": f"https://{HOST}", "PAGE_FILES": "true", "DATABASE_URL": address}
    with ServedSite(folder, **public) as site:
        yield site


@pytest.fixture(scope="module")
def port(site: ServedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with nginx(site, tmp_path_factory.mktemp("nginx")) as port:
        yield port


def ask(
    port: int, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> Answer:
    connection = connect(port)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Host": HOST} | names)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return Answer(answer.status, answer.headers, content)


def ask_until_file(port: int, path: str, **headers: str) -> Answer:
    """Asks again while the site is still busy with what it does after its start."""
    wait_until(lambda: ask(port, path, **headers).is_file)
    return ask(port, path, **headers)


def test_a_page_is_given_from_its_file_with_the_same_bytes_and_headers(
    site: ServedSite, port: int
) -> None:
    made = ask(port, "/about/?x=1")
    assert not made.is_file
    for coding in ("", "gzip", "br"):
        by_site = ask(port, "/about/?x=1", Accept_Encoding=coding)
        by_nginx = ask_until_file(port, "/about/", Accept_Encoding=coding)
        assert by_nginx.status == by_site.status == 200
        assert by_nginx.body == by_site.body
        assert by_nginx.headers["Content-Encoding"] == (coding or None)
        own = ITS_OWN | {"Accept-Ranges", "Content-Length"}
        differing = {
            name: (by_site.headers[name], by_nginx.headers[name])
            for name in {*by_site.headers, *by_nginx.headers} - own
            if by_site.headers[name] != by_nginx.headers[name]
        }
        assert differing == {}


@pytest.mark.parametrize(
    ("site_url", "twin_url", "main", "twin"),
    [
        ("https://www.a.uk", "https://a.uk", "www.a.uk", "a.uk"),
        ("https://a.uk/", "https://www.a.uk/", "a.uk", "www.a.uk"),
        ("https://desk.a.uk", "", "desk.a.uk", "_"),
        (
            "https://www.bücher.example/",
            "https://BÜCHER.example",
            "www.xn--bcher-kva.example",
            "xn--bcher-kva.example",
        ),
        ("https://WWW.A.UK", "https://A.UK", "www.a.uk", "a.uk"),
    ],
    ids=["with www", "slash", "no twin", "other letters", "capitals"],
)
def test_operator_who_follows_the_guide_gives_nginx_both_names(
    site_url: str, twin_url: str, main: str, twin: str, tmp_path: Path
) -> None:
    (tmp_path / "address").write_text(f"SITE_URL={site_url}\nTWIN_URL={twin_url}\n")
    guide = (DEPLOY.parent / "docs/operator/grow.md").read_text()
    steps = guide[guide.index("cd /srv/vasite && . ") : guide.index("rm /etc/nginx")]
    places: dict[str, object] = {
        "/srv/vasite": DEPLOY.parent,
        "/etc/vasite-address.env": tmp_path / "address",
        ".venv/bin/python": sys.executable,
        "certbot certonly": "echo",
        "/etc/nginx/conf.d/vasite.conf": tmp_path / "vasite.conf",
    }
    asked = subprocess.check_output(["sh", "-ec", fill_in(steps, places)], text=True)
    assert re.findall(r"-d (\S+)", asked) == [main, twin][: 1 if twin == "_" else 2]
    shipped = (DEPLOY / "nginx.conf").read_text().splitlines()
    made = (tmp_path / "vasite.conf").read_text().splitlines()
    changed = [new.strip() for old, new in zip(shipped, made, strict=True) if old != new]
    assert changed == [
        f"server_name {main} {twin};",
        f"location / {{ return 301 https://{main}$request_uri; }}",
        f"server_name {twin};",
        f"return 301 https://{main}$request_uri;",
        f"server_name {main};",
    ]


def test_a_change_is_seen_at_the_next_request(site: ServedSite, port: int) -> None:
    ask_until_file(port, "/about/")
    for name in ("Hannah's Desk", "Hannah's Office"):
        site.run_code(
            "from vasite.business.models import BusinessSettings as B\n"
            f"business = B.load(); business.name = {name!r}; business.save()"
        )
        assert name in ask(port, "/about/").body.decode().replace("&#x27;", "'")
        assert name in ask_until_file(port, "/about/").body.decode().replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/about/?page=2", {}),
        ("/about/?utm_source=a&q=2", {}),
        ("/about/", {"Cookie": "sessionid=abc"}),
        ("/admin/login/", {}),
        ("/healthz", {}),
    ],
)
def test_who_asks_for_more_is_answered_by_the_site(
    port: int, path: str, headers: dict[str, str]
) -> None:
    ask_until_file(port, "/about/")
    answer = ask(port, path, **headers)
    assert answer.status == 200
    assert answer.headers["Accept-Ranges"] is None  # a file's


@pytest.mark.parametrize("query", ["utm_source=letter&utm_medium=mail", "fbclid=a%26b"])
def test_what_advertisements_add_makes_no_difference(port: int, query: str) -> None:
    assert ask(port, f"/about/?{query}").body == ask_until_file(port, "/about/").body
    assert ask(port, f"/about/?{query}").is_file


def test_a_visitor_who_has_the_page_is_told_so(port: int) -> None:
    tag = ask_until_file(port, "/about/").headers["ETag"]
    assert ask(port, "/about/", If_None_Match=tag).status == 304
    assert ask(port, "/about/", "HEAD").body == b""


def test_addresses_lead_where_they_led_without_it(port: int) -> None:
    assert ask(port, "/about").status == 301
    assert ask(port, "/about").headers["Location"] == "/about/"
    for path in ("/nothing/", "/about/index.html", "/headers.conf", "/pages/", "/../secret_key"):
        assert ask(port, path).status in {400, 404}, path


def test_a_form_goes_through_and_one_address_is_slowed_down(port: int) -> None:
    form = urlencode({"name": "Tom", "email": "tom@example.com", "message": "Are you free in May?"})
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    assert ask(port, "/contact/", "POST", form, **kind).status == 303
    assert ask(port, "/contact/", "POST", "", **kind).status == 422
    answers = [ask(port, "/contact/", "POST", "", **kind).status for _ in range(40)]
    assert answers[:15] == [422] * 15
    assert 429 in answers
    assert ask(port, "/about/").status == 200


def test_style_sheets_and_pictures_come_from_their_files(site: ServedSite, port: int) -> None:
    path = next(
        f"/static/{path.relative_to(Path(site.environment['DATA_DIR']) / 'static')}"
        for path in (Path(site.environment["DATA_DIR"]) / "static" / "css").glob("site.*.css")
    )
    answer = ask(port, path, Accept_Encoding="br")
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "br")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/css")
    picture = Path(site.environment["DATA_DIR"]) / "media" / "test.avif"
    picture.write_bytes(b"a picture")
    answer = ask(port, "/media/test.avif")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/avif")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_pages_are_given_while_the_site_is_stopped(site: ServedSite, port: int) -> None:
    page = ask_until_file(port, "/about/")
    for pid in [site.process.pid, *site.children()]:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert ask(port, "/about/").body == page.body
    finally:
        for pid in [site.process.pid, *site.children()]:
            os.kill(pid, signal.SIGCONT)
