"""The real site for tests: `manage.py serve` in a process of its own with a DATA_DIR of its own."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest

from tests.shell import Shell
from vasite.environment import PROJECT_DIR

WORKER_NAME = "vasite-worker"
START_SECONDS = 300
MAKE = {  # with which commands of manage.py each kind of site is made, from one that is migrated
    "migrated": ["migrate --verbosity=0"],
    "standard": ["serve --prepare-only --empty"],
    "demo": ["serve --prepare-only", "db_worker --batch"],  # with all pictures drawn
}
IS_SQLITE = not os.environ.get("DATABASE_URL", "").startswith("postgres")
needs_sqlite = pytest.mark.skipif(not IS_SQLITE, reason="tests SQLite")
# What a screen looks like, what its scripts do and how connections end is the same on either
once = pytest.mark.skipif(not IS_SQLITE, reason="sees no database; runs on SQLite")
needs_postgresql = pytest.mark.skipif(IS_SQLITE, reason="tests PostgreSQL")


def free_port() -> int:
    """Return a port that nothing listens on and no outgoing connection takes until it is used.

    Linux gives connections 32,768 and above."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = 20_000 + secrets.randbelow(12_000)
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.1)


class ServedSite:
    """Starts the site and waits until it is ready; `output` gathers what it prints.

    `folder` holds its code."""

    def __init__(
        self, data_dir: Path, *arguments: str, folder: Path = PROJECT_DIR, **environment: str
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        self.arguments = arguments
        self.shell: Shell | None = None
        first_start = data_dir / "first-start"
        self.output = [first_start.read_text()] if first_start.exists() else []
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *self.arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.is_ready = threading.Event()
        reader = threading.Thread(target=self.read_output, args=(self.is_ready,), daemon=True)
        reader.start()
        if not self.is_ready.wait(START_SECONDS) or self.process.poll() is not None:
            self.process.kill()
            raise AssertionError("".join(self.output))

    def __enter__(self) -> ServedSite:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read_output(self, is_ready: threading.Event) -> None:
        """Gather what this start prints: one that was killed may print after the next has begun."""
        for line in self.process.stdout or ():
            self.output.append(line)
            if line.startswith("Ready:"):
                is_ready.set()
        is_ready.set()

    @property
    def password(self) -> str:
        found = re.search(r"Password: (\S+)", "".join(self.output))
        assert found, self.output
        return found[1]

    def children(self, name: str = "") -> list[int]:
        """The ids of the site's processes: "worker", "gunicorn" (its master first) or all."""
        pids = [self.process.pid]
        for pid in pids:
            tasks = Path(f"/proc/{pid}/task/{pid}/children")
            pids += [int(child) for child in tasks.read_text().split()]
        names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids[1:]}
        if not name:
            return list(names)
        is_worker = name == "worker"
        return [pid for pid, own in names.items() if (own == WORKER_NAME) is is_worker]

    def run_code(self, code: str) -> str:
        """Run Python code on the site's database and return what it prints."""
        self.shell = self.shell or Shell(self.folder, self.environment)
        return self.shell.run(code)

    def get(self, path: str) -> tuple[int, str]:
        """Gives the status, be it good or bad, and the text."""
        try:
            answer = urllib.request.urlopen(f"{self.url}{path}", timeout=20)  # noqa: S310
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode()

    def stop(self, signal_number: int = signal.SIGTERM) -> float:
        """Ends the site and gives the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal_number)
        self.process.wait(20)
        if self.shell:
            self.shell.close()
            self.shell = None
        return time.monotonic() - started


@contextmanager
def locked(site: ServedSite) -> Iterator[None]:
    """Let nothing be written on a site with SQLite: a form that is sent waits."""
    path = Path(site.environment["DATA_DIR"]) / "db.sqlite3"
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def fresh_database(
    name: str,
    url: str | None = None,
    *,
    like: str = "template1",
    suffix: str = os.environ.get("PYTEST_XDIST_WORKER", ""),  # each process its own
) -> str:
    """Gives DATABASE_URL for an empty database beside that of a URL, or beside the one that the
    tests run on, or for a copy of another; "" for SQLite, whose file is made in DATA_DIR."""
    url = os.environ.get("DATABASE_URL", "") if url is None else url
    if not url.startswith("postgres"):
        return ""
    name += suffix
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    connection.close()
    return f"{url.rpartition('/')[0]}/{name}"


def prepared_site(kind: str) -> tuple[Path, str]:
    """A folder and a database as commands of MAKE leave them, made once for all processes.

    The folder's `first-start` is what it printed.
    """
    folder = Path(os.environ["VASITE_TESTS_SHARED"]) / kind
    database = f"vasite_{kind}"
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            if kind == "migrated":
                address = fresh_database(database, suffix="")
            else:
                address = copy_of("migrated", folder, database, suffix="")
            environment = {"DATA_DIR": str(folder), "DATABASE_URL": address}
            outputs = [
                subprocess.check_output(
                    [sys.executable, "manage.py", *command.split()],
                    cwd=PROJECT_DIR,
                    env=os.environ | environment | {"PORT": str(free_port())},
                )
                for command in MAKE[kind]
            ]
            (folder / "first-start").write_bytes(outputs[0])
            made.touch()
    return folder, "template1" if IS_SQLITE else database


def copy_of_standard_site(folder: Path, name: str) -> str:
    """Puts a copy of the standard site into a folder and gives its DATABASE_URL: for tests of a
    site that is not new, whose first start would take most of their time."""
    return copy_of("standard", folder, name)


def copy_of_demo_site(folder: Path, name: str) -> str:
    """As `copy_of_standard_site`, with the demo content."""
    return copy_of("demo", folder, name)


def copy_of(kind: str, folder: Path, name: str, **where: str) -> str:
    made, database = prepared_site(kind)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return fresh_database(name, like=database, **where)
