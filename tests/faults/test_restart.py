"""A new version takes the place of the old one while people read and write: `make restart`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import PEOPLE, Crowd
from tests.served import ServedSite, copy_of_standard_site, wait_until
from vasite.environment import PROJECT_DIR

pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    """The site, from a copy of its code that a test may change."""
    folder = tmp_path_factory.mktemp("code")
    for part in ("manage.py", "pyproject.toml", "requirements", "static", "templates", "docs"):
        (shutil.copytree if (PROJECT_DIR / part).is_dir() else shutil.copy)(
            PROJECT_DIR / part, folder / part
        )
    for part in ("vasite", "blog", "services", "contact", "newsletter"):
        shutil.copytree(PROJECT_DIR / part, folder / part)
    data = tmp_path_factory.mktemp("data")
    url = copy_of_standard_site(data, "vasite_restart")
    with ServedSite(data, folder=folder, DATABASE_URL=url) as site:
        yield site


class Readers:
    """People who ask for the home page without a pause, each time over a connection of its own."""

    def __init__(self, site: ServedSite) -> None:
        self.site = site
        self.answers: list[tuple[int, str]] = []
        self.faults: list[OSError] = []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.read) for _ in range(4)]

    def read(self) -> None:
        while not self.is_over.is_set():
            try:
                self.answers.append(self.site.get("/"))
            except OSError as error:
                self.faults.append(error)

    def __enter__(self) -> Readers:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def restart(site: ServedSite) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "restart"]
    return subprocess.run(
        command, cwd=site.folder, env=site.environment, capture_output=True, text=True, timeout=120
    )


def put_into_page(site: ServedSite, text: str) -> None:
    template = site.folder / "templates" / "base.html"
    template.write_text(template.read_text().replace("</main>", f"{text}</main>"))


def test_a_new_version_answers_without_a_gap(site: ServedSite) -> None:
    processes = site.children()
    assert "Of the second version" not in site.get("/")[1]
    put_into_page(site, "<p>Of the second version</p>")
    with Readers(site) as readers, Crowd(site, "renewed") as crowd:
        crowd.wait_for("thanked", 20)
        done = restart(site)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the new version answers" in done.stdout
        count = len(readers.answers)
        wait_until(lambda: len(readers.answers) > count + 100)
    assert readers.faults == []
    assert {status for status, _ in readers.answers} == {200}
    # Four may have been under way when it was done
    assert all("Of the second version" in page for _, page in readers.answers[count + 4 :])
    assert not set(processes) & set(site.children())
    crowd.check_nothing_is_lost()
    assert crowd.answers == {"thanked": PEOPLE}
    print(f"{len(readers.answers)} pages, {PEOPLE} messages; none refused, none wrong")


def test_a_version_that_cannot_start_leaves_the_old_one(site: ServedSite) -> None:
    wsgi = site.folder / "vasite" / "wsgi.py"
    well = wsgi.read_text()
    wsgi.write_text(well + "\nraise RuntimeError('not finished')\n")
    master, *_ = site.children("gunicorn")
    done = restart(site)
    assert done.returncode == 1
    assert "The old one goes on" in done.stderr
    assert site.children("gunicorn")[0] == master
    assert site.get("/")[0] == 200
    wsgi.write_text(well)


def test_a_setting_that_is_wrong_is_named_before_anything_is_stopped(
    site: ServedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, *_ = site.children("gunicorn")
    monkeypatch.setitem(site.environment, "WEB_CONCURRENCY", "many")
    done = restart(site)
    assert done.returncode != 0
    assert "WEB_CONCURRENCY is not valid" in done.stderr
    assert site.children("gunicorn")[0] == master


def test_restarting_what_does_not_run_says_how_to_start(site: ServedSite, tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "restart"]
    environment = site.environment | {"DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    done = subprocess.run(
        command, cwd=site.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "systemctl start vasite" in done.stderr
    assert "make run" in done.stderr
