"""deploy/varnish.vcl: a real Varnish in front of the real site, which tells it of changes."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from email.message import Message

import pytest

from tests.deploy.fronts import HOST, varnish
from tests.programs import needs
from tests.served import ServedSite, copy_of_standard_site, free_port, wait_until

pytestmark = [pytest.mark.xdist_group("deploy"), needs("varnishd")]
RENAME = """
from vasite.business.models import BusinessSettings
business = BusinessSettings.load()
business.name = "NAME"
business.save()
"""


class Behind:
    """The site as visitors meet it."""

    def __init__(self, site: ServedSite, port: int) -> None:
        self.site, self.port = site, port

    def ask(
        self, path: str, method: str = "GET", source: str = "127.0.0.1", **headers: str
    ) -> tuple[int, Message, str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=20, source_address=(source, 0)
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": HOST} | names)
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, page

    def ask_until_kept(self, path: str) -> str:
        wait_until(lambda: int(self.ask(path)[1]["Age"] or 0) > 0)
        return self.ask(path)[2]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    address = copy_of_standard_site(folder, "vasite_varnish")
    public = {"SITE_URL": f"http://{HOST}", "PURGE_URL": f"varnish://127.0.0.1:{port}"}
    with (
        ServedSite(folder, DATABASE_URL=address, **public) as site,
        varnish(site.port, tmp_path_factory.mktemp("varnish"), port),
    ):
        yield Behind(site, port)


def test_a_page_stays_in_front(behind: Behind) -> None:
    behind.ask_until_kept("/about/")
    status, headers, page = behind.ask("/about/?utm_source=letter&fbclid=1")
    assert status == 200
    assert int(headers["Age"]) > 0
    assert headers["Cache-Control"].startswith("public, max-age=0, s-maxage=600")
    assert "Via" not in headers
    assert "</html>" in page


def test_a_change_is_shown_by_itself(behind: Behind) -> None:
    for name in ("The first name", "The second name"):
        behind.ask_until_kept("/about/")
        behind.site.run_code(RENAME.replace("NAME", name))
        wait_until(lambda name=name: name in behind.ask("/about/")[2])


def test_a_purge_that_fails_is_tried_again(behind: Behind) -> None:
    behind.ask_until_kept("/about/")
    (worker,) = behind.site.children("worker")
    os.kill(worker, signal.SIGKILL)  # it is started again, and finds what it missed
    behind.site.run_code(RENAME.replace("NAME", "The third name"))
    wait_until(lambda: "The third name" in behind.ask("/about/")[2])


def test_questions_forms_and_the_admin_go_through(behind: Behind) -> None:
    for path in ("/search/?q=trust", "/blog/?page=1", "/admin/login/", "/nothing/"):
        for _ in range(2):
            assert int(behind.ask(path)[1]["Age"] or 0) == 0
    assert behind.ask("/contact/", "POST")[0] == 422
    assert behind.ask("/about/", Cookie="sessionid=abc")[1]["Age"] in {None, "0"}


def test_nobody_else_may_purge(behind: Behind) -> None:
    assert behind.ask("/", "BAN", source="127.0.0.2")[0] == 403
    # nor a visitor whom what ends https on this machine passes on
    assert behind.ask("/", "BAN", X_Forwarded_Proto="https")[0] == 403
    assert behind.ask("/", "BAN", X_Forwarded_For="198.51.100.7")[0] == 403
    assert behind.ask("/", "BAN")[0] == 200


def test_pages_are_given_while_the_site_is_down(behind: Behind) -> None:
    page = behind.ask_until_kept("/about/")
    pids = [behind.site.process.pid, *behind.site.children()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert behind.ask("/about/")[2] == page
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
