"""A letter to two thousand readers while workers are killed: each gets it once, or is named."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from newsletter.sending import CONNECTIONS
from tests.faults.postgresql import OwnPostgreSQL
from tests.newsletter.list_server import ListServer, running
from tests.served import (
    START_SECONDS,
    copy_of_standard_site,
    needs_postgresql,
    needs_sqlite,
    wait_until,
)
from tests.shell import Shell
from vasite.environment import PROJECT_DIR

pytestmark = pytest.mark.xdist_group("faults")
READERS, WORKERS, KILLS = 2000, 2, 20
PATIENCE = 300  # seconds: the workers give way to all else that a busy machine does
WORK = """
from vasite.serving.background import BackgroundWorker
while True:  # it ends when it has grown
    BackgroundWorker(tell_watcher=lambda: None).run()
"""
BEGIN = f"""
import json
from django.utils import timezone
from newsletter.models import Campaign, Subscriber
from newsletter.sending import begin
readers = [
    Subscriber(email=f"r{{number}}@example.com", email_key=f"r{{number}}@example.com",
               status="confirmed", confirmed_at=timezone.now())
    for number in range({READERS})
]
Subscriber.objects.bulk_create(readers)
begin(Campaign.objects.create(subject="Spring", body=[("text", "<p>Hello</p>")]))
"""
# A reader's mail program: ends the subscription of each address that it reads, by one click
UNSUBSCRIBE = """
import sys, time
from urllib.parse import urlsplit
from django.conf import settings
from django.db import connection
from django.test import Client
from newsletter.models import Subscriber
settings.ALLOWED_HOSTS = ["*"]
urls = {reader.email: urlsplit(reader.unsubscribe_url).path for reader in Subscriber.objects.all()}
for line in sys.stdin:
    while Client().post(urls[line.strip()], {"List-Unsubscribe": "One-Click"}).status_code != 200:
        connection.close()  # as a web process does after an answer like this
        time.sleep(0.1)
    print("done", flush=True)
"""
# After as long as it takes to know that nobody is at work on a letter any more
LATER = """
from datetime import timedelta
from django.db.models import F
from newsletter.models import Delivery
Delivery.objects.filter(status="sending").update(taken_at=F("taken_at") - timedelta(minutes=6))
"""
OUTCOME = """
import json
from newsletter.models import Campaign, Delivery
rows = Delivery.objects.values_list("subscriber__email", "status")
print(json.dumps([Campaign.objects.get().status, dict(rows)]))
"""


class Site:
    """A site without a web server, whose workers the test starts and kills itself."""

    def __init__(self, **environment: str) -> None:
        self.environment = os.environ | environment
        self.shell = Shell(PROJECT_DIR, self.environment)
        self.workers: list[int] = []

    def command(self, *arguments: str, **options: Any) -> subprocess.Popen[Any]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=PROJECT_DIR, env=self.environment, **options)

    def run(self, *arguments: str) -> str:
        process = self.command(*arguments, stdout=subprocess.PIPE, text=True)
        output, _ = process.communicate(timeout=START_SECONDS)
        assert process.returncode == 0
        return output

    def start_worker(self) -> None:
        self.workers.append(self.shell.start(WORK))

    def kill_a_worker(self) -> None:
        self.shell.kill(self.workers.pop(random.randrange(len(self.workers))))  # noqa: S311

    def end(self) -> None:
        for worker in self.workers:
            self.shell.kill(worker)
        self.shell.close()

    def outcome(self) -> tuple[str, dict[str, str]]:
        """The letter's state, and that of each delivery by its address."""
        status, rows = json.loads(self.shell.run(OUTCOME).splitlines()[-1])
        return status, rows


@contextmanager
def mail_program(site: Site) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = site.command("shell", "--no-imports", "-c", UNSUBSCRIBE, **pipes)
    yield process
    process.stdin.close()
    process.wait(10)


def send_through_kills(site: Site, server: ListServer, restart: Any = None) -> None:
    """Lets workers send while they are killed one after the other, and readers leave."""
    site.shell.run(BEGIN)
    left: dict[str, int] = {}
    with mail_program(site) as program:
        for _ in range(WORKERS):
            site.start_worker()
        for kill in range(1, KILLS + 1):
            goal = kill * READERS // (KILLS + 3)
            wait_until(lambda goal=goal: len(server.received) >= goal, seconds=PATIENCE)
            reader = f"r{READERS - kill}@example.com"
            program.stdin.write(f"{reader}\n")
            program.stdin.flush()
            assert "done\n" in iter(program.stdout.readline, "")
            left[reader] = server.counts[reader]
            site.kill_a_worker()
            if restart and kill % 7 == 0:
                restart()
            site.start_worker()
        enough = READERS - KILLS * (1 + WORKERS * CONNECTIONS)
        wait_until(lambda: len(server.received) >= enough, seconds=PATIENCE)
    status, rows = site.outcome()
    while "waiting" in rows.values() and status == "sending":
        wait_until(lambda: "waiting" not in site.outcome()[1].values(), seconds=PATIENCE)
        status, rows = site.outcome()
    site.shell.run(LATER)
    wait_until(lambda: site.outcome()[0] == "sent", seconds=PATIENCE)
    status, rows = site.outcome()
    unsure = [address for address, state in rows.items() if state == "unsure"]
    counts = server.counts
    assert max(counts.values()) == 1, "somebody got it twice"
    assert {address: counts[address] for address in left} == left, "who left got it afterwards"
    wanted = {f"r{number}@example.com" for number in range(READERS)} - {
        address for address, got in left.items() if not got
    }
    assert wanted - set(counts) <= set(unsure), "somebody was forgotten"
    breaks = KILLS + (KILLS // 7 * WORKERS if restart else 0)
    assert len(unsure) <= breaks * CONNECTIONS
    assert {rows[address] for address, got in left.items() if not got} == {"left_out"}
    print(f"{len(counts)} got it once, {len(unsure)} unsure, {len(left)} left")


@contextmanager
def site_of(**environment: str) -> Iterator[Site]:
    site = Site(**environment)
    try:
        yield site
    finally:
        site.end()


@needs_sqlite
def test_workers_that_are_killed_on_sqlite(tmp_path: Path) -> None:
    with (
        running(ListServer()) as server,
        site_of(DATA_DIR=str(tmp_path), EMAIL_URL=server.url) as site,
    ):
        copy_of_standard_site(tmp_path, "vasite_letters")
        send_through_kills(site, server)


@needs_postgresql
def test_workers_that_are_killed_while_postgresql_restarts(
    tmp_path: Path, own_postgresql: OwnPostgreSQL
) -> None:
    def restart() -> None:
        own_postgresql.stop()
        own_postgresql.start()

    database = {"DATABASE_URL": own_postgresql.address}
    with (
        running(ListServer()) as server,
        site_of(DATA_DIR=str(tmp_path), EMAIL_URL=server.url, **database) as site,
    ):
        site.run("serve", "--empty", "--prepare-only")
        send_through_kills(site, server, restart)
