"""Whatever stops, freezes or floods: visitors see pages, writers are thanked, and all recovers."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.deploy.fronts import listens
from tests.faults.crowd import Crowd
from tests.programs import needs
from tests.served import IS_SQLITE, ServedSite, copy_of_standard_site, free_port, wait_until

pytestmark = pytest.mark.xdist_group("faults")
RECOVERY = 10  # seconds
IDLE = 10_000
DAYS = """
from contact.models import Enquiry
print(Enquiry.objects.values("received_on").distinct().count())
"""


@contextmanager
def serving(folder: Path, name: str, **environment: str) -> Iterator[ServedSite]:
    address = copy_of_standard_site(folder, name)
    with ServedSite(folder, "--empty", DATABASE_URL=address, **environment) as site:
        yield site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    with serving(tmp_path_factory.mktemp("up"), "vasite_up") as site:
        yield site


def status_of(site: ServedSite, path: str) -> int:
    """Ask for a page and return its status, or 0 if the connection broke."""
    try:
        return site.get(path)[0]
    except (OSError, http.client.HTTPException):
        return 0


class Visitor:
    """Asks for a page again and again; `slowest` is the longest that an answer took."""

    def __init__(self, site: ServedSite, path: str = "/") -> None:
        self.site, self.path = site, path
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.visit)

    def visit(self) -> None:
        while not self.is_over.wait(0.02):
            started = time.monotonic()
            status = status_of(self.site, self.path)
            self.answers[status] += 1
            self.slowest = max(self.slowest, time.monotonic() - started)

    def __enter__(self) -> Visitor:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.thread.join()

    def wait_for(self, count: int) -> None:
        wait_until(lambda: sum(self.answers.values()) >= count, seconds=60)


def is_locked(database: Path) -> bool:
    """Whether somebody keeps a SQLite database locked for a second."""
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def freeze_in_a_write(process: int, site: ServedSite) -> None:
    """Stops a process; on SQLite, while it holds the lock."""
    os.kill(process, signal.SIGSTOP)
    while IS_SQLITE and not is_locked(Path(site.environment["DATA_DIR"]) / "db.sqlite3"):
        os.kill(process, signal.SIGCONT)
        time.sleep(0.003)
        os.kill(process, signal.SIGSTOP)


class OwnRedis:
    """A Redis server that may be stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: listens(self.port))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@needs("redis-server")
def test_the_cache_server_stops_and_starts(tmp_path: Path) -> None:
    redis = OwnRedis(tmp_path)
    try:
        with (
            serving(
                tmp_path / "data", "vasite_redis", CACHE_URL=f"redis://127.0.0.1:{redis.port}/0"
            ) as site,
            Visitor(site) as kept,
            Visitor(site, "/search/?q=desk") as made,
            Crowd(site, "cacheless") as crowd,
        ):
            crowd.wait_for("thanked", 30)
            redis.stop()
            crowd.wait_for("thanked", 120)
            redis.start()
        crowd_answers = dict(crowd.answers)
        assert set(kept.answers) == set(made.answers) == {200}
        assert set(crowd_answers) == {"thanked"}
        print(f"{kept.answers[200]} + {made.answers[200]} pages, {crowd_answers}")
    finally:
        redis.stop()


def test_a_frozen_web_process_is_replaced(site: ServedSite) -> None:
    _, frozen, *_ = site.children("gunicorn")
    with Visitor(site) as visitor:
        visitor.wait_for(10)
        os.kill(frozen, signal.SIGSTOP)
        started = time.monotonic()
        wait_until(lambda: frozen not in site.children("gunicorn"), seconds=3 * RECOVERY)
        took = time.monotonic() - started
        before = sum(visitor.answers.values())
        visitor.wait_for(before + 50)
    print(f"replaced after {took:.0f} s; answers by status: {dict(visitor.answers)}")
    assert took < RECOVERY + 5  # gunicorn looks once a second, and kills after its time-out
    assert visitor.answers[200] > 50
    assert visitor.answers[0] <= 8  # what the frozen one had taken up


def test_a_frozen_worker_is_replaced(site: ServedSite) -> None:
    """On SQLite it is frozen with its hand on the lock that all who write need."""
    with Crowd(site, "workerless") as crowd:
        crowd.wait_for("thanked", 20)
        (worker,) = site.children("worker")
        freeze_in_a_write(worker, site)
        started = time.monotonic()
        wait_until(lambda: worker not in site.children("worker"), seconds=3 * RECOVERY)
        took = time.monotonic() - started
    print(f"replaced after {took:.0f} s; {dict(crowd.answers)}")
    assert took < RECOVERY + 5
    assert set(crowd.answers) == {"thanked"}
    crowd.check_nothing_is_lost()


def test_the_clock_is_put_forward_and_back(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    moved = {"PYTHONPATH": str(Path(__file__).parent / "clock"), "CLOCK_FILE": str(clock)}
    with (
        serving(tmp_path / "data", "vasite_clock", **moved) as site,
        Visitor(site) as kept,
        Visitor(site, "/search/?q=desk") as made,
        Crowd(site, "timeless") as crowd,
    ):
        for thanked, hours in ((20, 48), (70, -1), (120, 0)):
            crowd.wait_for("thanked", thanked)
            clock.write_text(str(hours * 3600))
    assert set(kept.answers) == set(made.answers) == {200}
    assert set(crowd.answers) == {"thanked"}
    crowd.check_nothing_is_lost()
    days = site.run_code(DAYS).split()[-1]
    assert int(days) >= 2
    print(f"{kept.answers[200]} + {made.answers[200]} pages, {dict(crowd.answers)}, {days} days")


def test_ten_thousand_idle_connections(site: ServedSite) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 2000:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as opened:
            for number in range(IDLE):
                source = (f"127.0.{1 + number // 5000}.1", 0)
                connection = socket.create_connection(("127.0.0.1", site.port), 30, source)
                opened.callback(connection.close)
            with Visitor(site) as visitor, Crowd(site, "crowded") as crowd:
                visitor.wait_for(100)
        print(f"{IDLE} idle, {dict(visitor.answers)}, slowest {visitor.slowest:.2f} s")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert set(visitor.answers) == {200}
    assert set(crowd.answers) == {"thanked"}


FLOOD = """
request = function()
    return wrk.format("GET", "/nothing-" .. math.random(1000000000) .. "/")
end
"""


@needs("wrk")
def test_a_flood_of_addresses_that_do_not_exist(site: ServedSite, tmp_path: Path) -> None:
    script = tmp_path / "flood.lua"
    script.write_text(FLOOD)
    command = ["wrk", "-t2", "-c100", "-d15s", "-s", str(script), f"{site.url}/"]
    flood = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with Visitor(site) as visitor, Crowd(site, "flooded") as crowd:
        crowd.wait_for("thanked", 20)
    told = flood.communicate()[0]
    rate = told.rpartition("Requests/sec:")[2].split()[0]
    print(f"{rate} a second; {dict(visitor.answers)}, slowest {visitor.slowest:.2f} s")
    assert set(visitor.answers) == {200}
    assert set(crowd.answers) == {"thanked"}
    assert int(site.run_code(COUNT_MISSING).split()[-1]) <= 500


COUNT_MISSING = "from vasite.seo.models import MissingAddress as M; print(M.objects.count())"


@needs("prlimit")
def test_web_processes_that_may_take_no_more_memory(site: ServedSite) -> None:
    """They fail one request or another, or end, and leave nobody waiting; what was thanked for is
    kept, and all recovers."""
    _, *workers = site.children("gunicorn")
    for pid in workers:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + 2 * 1024 * 1024
        subprocess.run(["prlimit", f"--pid={pid}", f"--as={limit}"], check=True)
    body = b"x" * 30 * 1024 * 1024
    seen = Counter(send_large(site, body) for _ in range(8))
    with Crowd(site, "starved") as crowd:
        pass
    for pid in site.children("gunicorn")[1:]:
        os.kill(pid, signal.SIGTERM)
    started = time.monotonic()
    wait_until(lambda: status_of(site, "/") == 200, seconds=RECOVERY)
    print(f"large bodies: {dict(seen)}; messages: {dict(crowd.answers)}")
    assert time.monotonic() - started < RECOVERY
    crowd.check_nothing_is_lost()


def send_large(site: ServedSite, body: bytes) -> str:
    """Sends a body as large as the form takes, and gives the status or that the site hung up."""
    head = (
        f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as visitor:
            visitor.sendall(head.encode() + body)
            return visitor.recv(100).split(b" ")[1].decode()
    except (ConnectionError, IndexError):
        return "nothing"
