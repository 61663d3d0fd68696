"""deploy/Caddyfile: a real Caddy in front of the real site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.deploy.fronts import HOST, TWIN_HOST, caddy, connect
from tests.programs import needs
from tests.served import ServedSite, copy_of_standard_site

pytestmark = [pytest.mark.xdist_group("deploy"), needs("caddy"), needs("openssl")]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("site")
    address = copy_of_standard_site(folder, "vasite_caddy")
    with (
        ServedSite(folder, SITE_URL=f"https://{HOST}", DATABASE_URL=address) as site,
        caddy(site, tmp_path_factory.mktemp("caddy")) as port,
    ):
        yield port


def test_pages_and_forms_go_through(port: int) -> None:
    visitor = connect(port, HOST)
    visitor.request("GET", "/about/", headers={"Host": HOST, "Accept-Encoding": "br"})
    answer = visitor.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "br")
    assert answer.headers["Strict-Transport-Security"]
    assert answer.headers["Server"] is None
    form = urlencode({"name": "Tom", "email": "tom@example.com", "message": "Are you free in May?"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    visitor.request("POST", "/contact/", form, {"Host": HOST} | kind)
    assert visitor.getresponse().status == 303


def test_the_short_name_leads_to_the_long_one(port: int) -> None:
    visitor = connect(port, TWIN_HOST)
    visitor.request("GET", "/about/?x=1", headers={"Host": TWIN_HOST})
    answer = visitor.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{HOST}/about/?x=1"
