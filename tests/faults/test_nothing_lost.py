"""Whatever breaks while two hundred people write: who was thanked is stored, and nobody twice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from aiosmtpd.controller import Controller

from tests.faults.crowd import Crowd
from tests.faults.postgresql import OwnPostgreSQL
from tests.mail.test_outbox import MailServer
from tests.served import (
    IS_SQLITE,
    ServedSite,
    copy_of_standard_site,
    free_port,
    needs_postgresql,
    wait_until,
)

pytestmark = pytest.mark.xdist_group("faults")
REACHED = """
from vasite.business.models import BusinessSettings
business = BusinessSettings.load()
business.telephone, business.email = "01632 960733", "owner@example.com"
business.save()
"""


@contextmanager
def serving(data_dir: Path, **environment: str) -> Iterator[ServedSite]:
    """The site with two web processes, whose VA can be rung and written to."""
    if "DATABASE_URL" not in environment:
        environment["DATABASE_URL"] = copy_of_standard_site(data_dir, "vasite_faults")
    with ServedSite(data_dir, "--empty", WEB_CONCURRENCY="2", **environment) as site:
        site.run_code(REACHED)
        yield site


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    """A site whose mail server is not there yet."""
    mail_server = f"smtp://127.0.0.1:{free_port()}"
    with serving(tmp_path_factory.mktemp("faults"), EMAIL_URL=mail_server) as site:
        yield site


def test_web_processes_that_are_killed(served: ServedSite) -> None:
    with Crowd(served, "killed") as crowd:
        for count in (20, 60, 100):
            crowd.wait_for("thanked", count)
            master, *workers = served.children("gunicorn")
            for pid in workers if count < 100 else [master, *workers]:
                os.kill(pid, signal.SIGKILL)
    assert crowd.answers["unanswered"]
    crowd.check_nothing_is_lost()


def test_a_worker_that_is_killed(served: ServedSite) -> None:
    with Crowd(served, "unattended") as crowd:
        for count in (20, 100):
            crowd.wait_for("thanked", count)
            wait_until(lambda: bool(served.children("worker")))
            os.kill(served.children("worker")[0], signal.SIGKILL)
    assert crowd.answers == {"thanked": 200}
    crowd.check_nothing_is_lost()


@contextmanager
def locked(site: ServedSite) -> Iterator[None]:
    """Another program writes and doesn't let go."""
    if IS_SQLITE:
        connection = sqlite3.connect(Path(site.environment["DATA_DIR"]) / "db.sqlite3")
        statement = "BEGIN EXCLUSIVE"
    else:
        connection = psycopg2.connect(site.environment["DATABASE_URL"])
        statement = "LOCK TABLE contact_enquiry IN ACCESS EXCLUSIVE MODE"
    with closing(connection), closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        yield
        connection.rollback()


def test_a_database_that_is_locked_for_ten_seconds(served: ServedSite) -> None:
    with Crowd(served, "locked") as crowd:
        crowd.wait_for("thanked", 50)
        with locked(served):
            before = crowd.answers["thanked"]
            time.sleep(10)
            assert crowd.answers["thanked"] <= before + 8  # it was indeed locked
    assert crowd.answers == {"thanked": 200}
    crowd.check_nothing_is_lost()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(not IS_SQLITE, reason="PostgreSQL's disk is its own")
def test_a_disk_that_is_full(small_disk: Path) -> None:
    with serving(small_disk) as site:
        with Crowd(site, "crammed") as crowd:
            crowd.wait_for("thanked", 30)
            ballast = small_disk / "ballast"
            with ballast.open("wb", buffering=0) as file:

                def is_refused() -> bool:
                    with suppress(OSError):  # again and again: the site gives room back at times
                        while file.write(bytes(2**16)):
                            pass
                    return crowd.answers["kept"] >= 10

                wait_until(is_refused, seconds=90)
            assert site.get("/")[0] == 200
            ballast.unlink()
        crowd.check_nothing_is_lost()


@needs_postgresql
def test_a_postgresql_that_is_stopped(tmp_path: Path, own_postgresql: OwnPostgreSQL) -> None:
    with serving(tmp_path, DATABASE_URL=own_postgresql.address) as site:
        known = ("/", "/contact/", "/blog/")
        assert {site.get(path)[0] for path in known} == {200}
        with Crowd(site, "stopped") as crowd:
            crowd.wait_for("thanked", 50)
            own_postgresql.stop()
            crowd.wait_for("kept", 20)
            for path in known * 5:  # by whichever process
                assert site.get(path)[0] == 200
            assert site.get("/services/")[0] == 503  # which nobody had asked for
            own_postgresql.start()
        crowd.check_nothing_is_lost()


SEND_NOW = """
from django.utils import timezone
from vasite.mail.models import OutgoingMail
OutgoingMail.objects.waiting().update(send_after=timezone.now())
OutgoingMail.objects.all().release()  # as the owner does with those that the limit holds
"""
LEFT = """
from vasite.mail.models import OutgoingMail
print(OutgoingMail.objects.exclude(status="sent").count())
"""


def test_a_mail_server_that_is_gone_gets_each_mail_once_it_is_back(served: ServedSite) -> None:
    with Crowd(served, "patient") as crowd:
        pass
    assert crowd.answers == {"thanked": 200}
    crowd.check_nothing_is_lost()
    written = int(served.run_code(LEFT).split()[-1])
    mail_server = MailServer()
    port = int(served.environment["EMAIL_URL"].rpartition(":")[2])
    controller = Controller(mail_server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        served.run_code(SEND_NOW)
        wait_until(lambda: served.run_code(LEFT).split()[-1] == "0", seconds=60)
    finally:
        controller.stop()
    assert len(mail_server.received) == len(set(mail_server.received)) == written
