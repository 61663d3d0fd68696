"""Somebody deletes the page cache while the site runs: no message is lost, no old page shown."""

from __future__ import annotations

import http.client
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg2
import pytest
from django.conf import settings

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from tests.served import IS_SQLITE, ServedSite, copy_of_standard_site, wait_until
from vasite.environment import PROJECT_DIR
from vasite.pagecache import pages
from vasite.pagecache.generations import Generations, slot_of
from vasite.pagecache.tasks import trim

TABLE = slot_of("wagtailcore_page")
STATEMENT = "UPDATE wagtailcore_page SET title = '{}' WHERE slug = 'about'"


def delete_files(folder: Path) -> None:
    """Delete every file of a folder in which a running site may be deleting too."""
    for parent, _, names in os.walk(folder):  # passes by what is gone; Path.rglob fails there
        for name in names:
            Path(parent, name).unlink(missing_ok=True)


def replace(folder: Path) -> None:
    (folder / "new").write_bytes(b"")
    (folder / "new").replace(folder / "generations")


def delete(folder: Path) -> None:
    """Delete a folder into which a running site may be writing."""
    gone = folder.rename(folder.with_name("gone"))
    shutil.rmtree(gone)


LOSSES: dict[str, Callable[[Path], Any]] = {
    "the folder": delete,
    "all files": delete_files,
    "the counters": lambda folder: (folder / "generations").unlink(),
    "the writers' file": lambda folder: (folder / "writers").unlink(missing_ok=True),
    "counters and writers": lambda folder: [path.unlink() for path in folder.glob("[gw]*s")],
    "the locks": lambda folder: [path.unlink() for path in folder.glob("lock-*")],
    "the pages": lambda folder: delete(folder / "pages"),
    "what lies in front": lambda folder: shutil.rmtree(folder / "front", ignore_errors=True),
    "counters by an empty file": replace,
    "the folder, for a moment": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


def noted(counters: Generations) -> Any:
    """The state that a page which is made now would note."""
    return counters.state(counters.snapshot(), ["wagtailcore_page"])


@pytest.mark.parametrize("loss", LOSSES)
def test_visitor_sees_a_change_whichever_process_finds_the_loss(tmp_path: Path, loss: str) -> None:
    folder = tmp_path / "cache"
    first, second, third = (Generations(folder) for _ in range(3))
    (folder / "pages").mkdir()
    before = [noted(one) for one in (first, second, third)]
    assert all(one.stands(state) for one, state in zip((first, second, third), before, strict=True))
    LOSSES[loss](folder)
    with closing(first.start_writing()):
        first.begin([TABLE])
        assert not any(one.stands(before[0]) for one in (first, second, third))
        first.end([TABLE])
    assert not any(one.stands(before[0]) for one in (first, second, third))
    later = noted(second) or noted(second)
    assert later
    assert second.stands(later)
    assert third.stands(later) or third.stands(later)  # the first look only finds that all is new
    third.change(TABLE)
    assert not any(one.stands(later) for one in (first, second, third))


@pytest.mark.parametrize(
    "loss", ["the folder", "all files", "the counters", "counters and writers"]
)
def test_write_under_way_when_the_cache_is_lost_is_seen_once_committed(
    tmp_path: Path, loss: str
) -> None:
    folder = tmp_path / "cache"
    (folder / "pages").mkdir(parents=True)
    writer, other = Generations(folder), Generations(folder)
    sign = writer.start_writing()
    writer.begin([TABLE])
    LOSSES[loss](folder)
    fresh = Generations(folder)
    from_before_the_commit = noted(fresh)
    writer.end([TABLE])
    sign.close()
    assert not fresh.stands(from_before_the_commit)
    assert not other.stands(from_before_the_commit)


def test_nothing_made_before_a_loss_is_taken_for_right_after_it(tmp_path: Path) -> None:
    old = noted(Generations(tmp_path / "cache"))
    shutil.rmtree(tmp_path / "cache")
    assert not Generations(tmp_path / "cache").stands(old)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_writer_goes_on_where_no_new_counters_can_be_made(tmp_path: Path) -> None:
    first, second = Generations(tmp_path / "cache"), Generations(tmp_path / "cache")
    state = noted(second)
    shutil.rmtree(tmp_path / "cache")
    tmp_path.chmod(0o500)
    with closing(first.start_writing()):
        first.begin([TABLE])
        first.end([TABLE])
    tmp_path.chmod(0o700)
    assert not second.stands(state)


@pytest.mark.parametrize("loss", LOSSES)
def test_visitor_gets_each_page_after_a_loss(visit: Visitors, site: SmallSite, loss: str) -> None:
    visit("/blog/on-trust/")
    LOSSES[loss](settings.PAGE_CACHE_DIR)
    assert visit("/").status == visit("/blog/on-trust/").status == 200
    site.post.title = "On patience"
    site.post.save_revision().publish()
    assert "On patience" in visit("/blog/on-trust/").text
    assert visit("/blog/on-trust/").status == 200


def test_strangers_fill_no_disk(
    visit: Visitors, site: SmallSite, new_layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_SHELF_BYTES", 60_000)
    paths = ["/", "/blog/", "/blog/on-trust/", "/contact/", "/newsletter/", "/services/", "/feed/"]
    folder = visit.layer.shelf.folder

    def size() -> int:
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "size")

    for path in [*paths, *reversed(paths)]:
        for process in (visit, new_layer()):
            process.layer.shelf.path((path, "")).unlink(missing_ok=True)
            process.layer.memory.pages.clear()
            assert process(path).status == 200
            assert 0 < size() <= 60_000
    (folder / "size").write_text("nonsense")
    for path in paths:
        process.layer.shelf.path((path, "")).unlink(missing_ok=True)
        process.layer.memory.pages.clear()
        assert process(path).status == 200
    assert size() <= 60_000
    (folder / "left by a killed process").write_bytes(b"x" * 60_000)
    trim.call()
    assert size() <= 60_000


class Site:
    """A served site, asked over a new connection each time, so that every process has its turn."""

    def __init__(self, served: ServedSite, database: str) -> None:
        self.served, self.database = served, database
        self.folder = Path(served.environment["DATA_DIR"]) / "pagecache"

    def ask(self, path: str, **form: str) -> tuple[int, str]:
        visitor = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=20)
        with closing(visitor):
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
            visitor.request("POST" if form else "GET", path, urlencode(form) or None, headers)
            answer = visitor.getresponse()
            return answer.status, answer.read().decode()

    def is_everywhere(self, word: str) -> bool:
        return all(word in self.ask("/about/")[1] for _ in range(20))

    def change_by_hand(self, title: str) -> None:
        """Changes a title by a connection of which the site knows nothing."""
        statement = STATEMENT.format(title)
        if IS_SQLITE:
            file = Path(self.served.environment["DATA_DIR"]) / "db.sqlite3"
            with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
                connection.execute(statement)
            return
        with closing(psycopg2.connect(self.database)) as connection, connection:
            connection.cursor().execute(statement)

    def change(self, title: str, code: str = "connection.cursor().execute(UPDATE)") -> None:
        """Changes a title by code over Django's connection, in a process of its own."""
        names = f"UPDATE, URL = {STATEMENT.format(title)!r}, '{self.served.url}/about/'"
        imports = "from urllib.request import urlopen\nfrom django.db import connection"
        self.served.run_code(f"{imports}\n{names}\n{code}")

    def manage(self, command: str) -> str:
        arguments = [sys.executable, "manage.py", command]
        environment = self.served.environment
        return subprocess.check_output(arguments, cwd=PROJECT_DIR, env=environment, text=True)


@pytest.fixture(scope="module", params=["", "true"], ids=["", "PAGE_FILES"])
def running(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    address = copy_of_standard_site(folder, "vasite_lost")
    environment = {"DATABASE_URL": address, "PAGE_FILES": request.param, "WEB_CONCURRENCY": "2"}
    with ServedSite(folder, "--empty", **environment) as site:
        yield Site(site, address)


@pytest.mark.xdist_group("page_cache_lost")  # one start of each site
def test_visitors_editors_and_watchers_are_answered_after_each_loss(running: Site) -> None:
    for number, loss in enumerate(LOSSES):
        assert running.is_everywhere("About")
        if running.folder.with_name("elsewhere").exists():
            shutil.rmtree(running.folder.with_name("elsewhere"))
        LOSSES[loss](running.folder)
        for _ in range(3):  # in each process
            for path in ("/", "/about/", "/search/?q=about", "/admin/login/", "/readyz"):
                assert running.ask(path)[0] == 200, (loss, path)
            email = f"ada{number}@example.com"
            assert running.ask("/newsletter/subscribe/", email=email)[0] == 303, loss
            message = {"name": "Ada", "email": email, "message": "I need help with my inbox."}
            assert running.ask("/contact/", **message)[0] == 303, loss
        title = f"About loss {number}"
        running.change(title)
        wait_until(lambda title=title: running.is_everywhere(title))  # type: ignore[misc]


@pytest.mark.xdist_group("page_cache_lost")  # one start of each site
def test_new_process_that_finds_the_loss_first_is_heard_by_all(running: Site) -> None:
    assert running.is_everywhere("About")
    delete(running.folder)
    running.change("About us")
    wait_until(lambda: running.is_everywhere("About us"))


BEGIN_BY_HAND = """
cursor = connection.cursor()
cursor.execute("BEGIN")
cursor.execute(UPDATE)
urlopen(URL).read()
cursor.execute("COMMIT")
"""
NO_AUTOCOMMIT = """
connection.ensure_connection()
connection.set_autocommit(False)
connection.cursor().execute(UPDATE)
urlopen(URL).read()
connection.commit()
"""
SCRIPT = """
connection.cursor().executescript("SELECT 1; " + UPDATE)
"""
COPY = """
from io import StringIO
cursor = connection.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS titles (title text)")
cursor.execute("CREATE OR REPLACE FUNCTION change_title() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN " + UPDATE + "; RETURN NEW; END $$")
cursor.execute("CREATE OR REPLACE TRIGGER change AFTER INSERT ON titles"
               " FOR EACH ROW EXECUTE FUNCTION change_title()")
urlopen(URL).read()
cursor.copy_expert("COPY titles FROM STDIN", StringIO("x"))
"""
CALLS = {"BEGIN": BEGIN_BY_HAND, "no autocommit": NO_AUTOCOMMIT}
CALLS |= {"a script": SCRIPT} if IS_SQLITE else {"COPY": COPY}


@pytest.mark.xdist_group("page_cache_lost")  # one start of each site
@pytest.mark.parametrize("name", CALLS)
def test_visitor_sees_a_change_past_djangos_statements(running: Site, name: str) -> None:
    assert running.is_everywhere("About")
    running.change(f"About by {name}", CALLS[name])
    assert running.is_everywhere(f"About by {name}")


@pytest.mark.xdist_group("page_cache_lost")  # one start of each site
def test_operator_who_changed_the_database_by_hand_clears_the_cache(running: Site) -> None:
    assert running.is_everywhere("About")
    running.change_by_hand("About psql")
    assert not running.is_everywhere("About psql")
    assert "The page cache is cleared." in running.manage("clear_page_cache")
    assert running.is_everywhere("About psql")
    assert list(running.folder.glob("front/gone-*")) == []
