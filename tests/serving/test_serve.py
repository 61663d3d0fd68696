"""`make run`: starts, keeps its processes up, keeps the content, and ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.served import (
    IS_SQLITE,
    ServedSite,
    copy_of_standard_site,
    free_port,
    fresh_database,
    locked,
    needs_postgresql,
    needs_sqlite,
    wait_until,
)
from vasite.environment import PROJECT_DIR

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    site = ServedSite(
        tmp_path_factory.mktemp("served"),
        "--empty",
        DATABASE_URL=fresh_database("vasite_serve"),
    )
    yield site
    if site.process.poll() is None:
        site.stop()


def test_the_first_start_shows_the_password_and_the_standard_pages(served: ServedSite) -> None:
    assert len(served.password) == 16
    assert "Add your email address to your account" in "".join(served.output)
    status, page = served.get("/")
    assert status == 200
    assert "Say in one sentence" in page
    for path in ("/services/", "/about/", "/blog/", "/contact/", "/privacy/", "/accessibility/"):
        assert served.get(path)[0] == 200


def test_the_secret_key_is_kept_for_its_owner_alone(served: ServedSite) -> None:
    key = Path(served.environment["DATA_DIR"]) / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_it_becomes_ready_once_the_worker_lives(served: ServedSite) -> None:
    wait_until(lambda: '"ok"' in served.get("/readyz")[1])


def test_a_process_that_dies_is_started_again(served: ServedSite) -> None:
    for name in ("worker", "gunicorn"):
        (before, *_) = served.children(name)
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda name=name, before=before: before not in (served.children(name) or [before])
        )

    def answers() -> bool:
        try:
            return served.get("/")[0] == 200
        except OSError:
            return False

    wait_until(answers)


def test_what_is_not_public_is_for_its_owner_alone(served: ServedSite) -> None:
    folder = Path(served.environment["DATA_DIR"])
    public = ("media", "pagecache", "static")
    # SQLite deletes its log whenever nobody has the database open
    with locked(served) if IS_SQLITE else nullcontext():
        private = [path for path in folder.iterdir() if path.name not in public]
        open_to_others = [path for path in [folder, *private] if path.stat().st_mode & 0o077]
    assert {"lock", "secret_key", "supervisor", "tmp"} <= {path.name for path in private}
    if IS_SQLITE:
        assert {"db.sqlite3", "db.sqlite3-wal"} <= {path.name for path in private}
    assert open_to_others == []


SITE_ADDRESS = """
from wagtail.models import Site
print(*Site.objects.values_list("hostname", "port"))
"""


def serve(*options: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a start that ends by itself."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *options],
        cwd=PROJECT_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("options", [(), ("--prepare-only",)], ids=["serve", "prepare"])
def test_owner_who_starts_a_second_site_changes_nothing_of_the_first(
    served: ServedSite, options: tuple[str, ...]
) -> None:
    second = serve(*options, env=served.environment | {"PORT": str(free_port())})
    if not options:
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert "a site already runs from it" in second.stderr
    assert served.run_code(SITE_ADDRESS).strip() == f"('127.0.0.1', {served.port})"
    assert served.process.poll() is None
    assert served.get("/")[0] == 200


def test_owner_whose_supervisor_was_killed_starts_again_at_once(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_killed")
    site = ServedSite(tmp_path, "--empty", DATABASE_URL=address)
    left = site.children()
    site.stop(signal.SIGKILL)
    site.output.clear()
    site.start()
    assert site.get("/")[0] == 200
    wait_until(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()])
    site.stop()


def test_owner_starts_again_while_the_worker_of_a_killed_supervisor_is_busy(
    tmp_path: Path,
) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_busy")
    with ServedSite(tmp_path, DATABASE_URL=address) as site:
        wait_until(lambda: bool(site.children("worker")))
        (worker,) = site.children("worker")
        os.kill(worker, signal.SIGSTOP)
        site.stop(signal.SIGKILL)
        site.start()
        with suppress(ProcessLookupError):  # the old web server has been patient for long enough
            os.kill(worker, signal.SIGCONT)
        assert site.get("/")[0] == 200


def test_visitor_who_writes_while_the_supervisor_is_killed_is_thanked(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_thanked")
    halves = b"name=Hannah&email=hannah%40example.com&", b"message=Hello"
    with ThreadPoolExecutor() as beside, ServedSite(tmp_path, DATABASE_URL=address) as site:

        def start_again() -> None:
            site.stop(signal.SIGKILL)
            beside.submit(site.start)
            wait_until(lambda: "Waiting for the web server of the last" in "".join(site.output))

        with post_slowly(site, *halves, meanwhile=start_again) as visitor:
            assert b"303" in visitor.recv(1000)
        wait_until(lambda: "".join(site.output).count("Ready:") == 2)
        assert site.get("/")[0] == 200


def test_a_worker_of_its_own_may_run_beside_the_site(served: ServedSite) -> None:
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=PROJECT_DIR, env=served.environment
    )
    try:
        alive = "from vasite.serving.models import Worker; print(Worker.objects.alive().count())"
        wait_until(lambda: int(served.run_code(alive)) >= 2, seconds=60)
    finally:
        worker.terminate()
        worker.wait(20)


ROUTES_TO_READ = """
from wagtail.models import get_page_models
routed = [model for model in get_page_models() if hasattr(model, "get_resolver")]
print(len(routed), [m.__name__ for m in routed if "_routablepage_urlresolver" not in vars(m)])
"""


def test_a_new_process_has_read_its_routes_before_two_visitors_ask(served: ServedSite) -> None:
    # Wagtail's way of reading them fails for one of two threads that begin together.
    assert served.run_code(ROUTES_TO_READ).split(maxsplit=1) == ["3", "[]\n"]


BEGIN_A_TASK = """
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from vasite.mail.tasks import deliver_due
from vasite.serving.models import Worker
with transaction.atomic():  # the worker itself must not come first
    result = deliver_due.enqueue().db_result
    result.claim(Worker.objects.latest("seen_at").worker_id)
print(result.pk)
"""
SAY_ITS_STATUS = """
from django_tasks_db.models import DBTaskResult
print(DBTaskResult.objects.get(pk="{}").status)
"""


def test_what_a_killed_worker_left_half_done_is_taken_up(served: ServedSite) -> None:
    # Begun in the name of the worker, which is then killed.
    (worker,) = served.children("worker")
    task = served.run_code(BEGIN_A_TASK).strip()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: "SUCCESSFUL" in served.run_code(SAY_ITS_STATUS.format(task)), seconds=60)


def test_what_cannot_stay_up_ends_the_whole_with_its_error(
    served: ServedSite, tmp_path: Path
) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_cannot")
    elsewhere = {"DATA_DIR": str(tmp_path), "DATABASE_URL": address, "PORT": str(free_port())}
    ended = serve(env=served.environment | elsewhere | {"GUNICORN_CMD_ARGS": "--no-such"})
    assert ended.returncode == 1
    assert "unrecognized arguments: --no-such" in ended.stderr
    assert "web server can't stay up" in ended.stderr
    assert "Ready:" not in ended.stdout


@pytest.mark.parametrize(
    ("limits", "status", "words"),
    [
        ("without_links", 1, "vasite: DATA_DIR is on a disk without hard links"),
        ("small_disk", os.EX_TEMPFAIL, "CommandError: The site can't be prepared: "),
    ],
)
def test_operator_whose_disk_does_not_do_reads_so_in_one_line(
    tmp_path: Path, limits: str, status: int, words: str
) -> None:
    paths = [str(Path(__file__).parent / limits), os.environ.get("PYTHONPATH", "")]
    elsewhere = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": fresh_database("vasite_disk"),
        "PORT": str(free_port()),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    ended = serve("--empty", env=os.environ | elsewhere)
    assert ended.returncode == status
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith(words)
    assert f"DATA_DIR {tmp_path}" in line or f": {tmp_path}." in line


def prepare(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    elsewhere = {"DATA_DIR": str(folder), "DATABASE_URL": address}
    return serve("--prepare-only", env=os.environ | elsewhere)


@needs_sqlite
def test_operator_sees_a_migration_that_cannot_succeed_end_the_start(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "")
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database, database:
        database.execute(
            "DELETE FROM django_migrations WHERE app = 'contact' AND name ="
            " (SELECT max(name) FROM django_migrations WHERE app = 'contact')"
        )
    ended = prepare(tmp_path, address)
    assert ended.returncode == 1  # to systemd, an end for good
    assert "duplicate column name" in ended.stderr


def test_operator_sees_a_folder_in_place_of_a_file_end_the_start(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_folder")
    stamp = tmp_path / "pagecache" / ".boot"
    stamp.unlink(missing_ok=True)
    stamp.mkdir(parents=True)
    ended = prepare(tmp_path, address)
    assert ended.returncode == 1
    assert str(stamp) in ended.stderr.splitlines()[-1]


@needs_postgresql
@pytest.mark.parametrize(
    ("user", "name", "words"),
    [
        ("nobody", "postgres", 'role "nobody" does not exist'),
        ("postgres", "no_such", 'database "no_such" does not exist'),
        ("postgres", "no_such?foo=bar", 'invalid connection option "foo"'),
        ("postgres", "no_such?sslmode=x", "invalid sslmode value"),
        ("postgres", "no_such?pool=1", "DATABASE_URL is not valid"),
    ],
)
def test_operator_sees_a_wrong_address_of_the_database_end_the_start(
    tmp_path: Path, user: str, name: str, words: str
) -> None:
    right = urlsplit(os.environ["DATABASE_URL"])
    ended = prepare(tmp_path, f"postgres://{user}@{right.hostname}:{right.port or 5432}/{name}")
    assert ended.returncode == 1
    (line,) = ended.stderr.strip().splitlines()
    assert words in line


def test_site_whose_disk_takes_no_sockets_starts_all_the_same(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_sockets")
    (tmp_path / "supervisor").mkdir()
    with ServedSite(tmp_path, DATABASE_URL=address) as site:
        assert site.get("/")[0] == 200
        assert "a new version needs a restart, not a reload" in "".join(site.output)


def test_a_later_start_keeps_everything_and_shows_no_password(served: ServedSite) -> None:
    processes = served.children()
    served.stop()
    assert served.process.returncode == 0
    assert not [pid for pid in processes if Path(f"/proc/{pid}").exists()]
    served.output.clear()
    served.start()
    assert served.get("/")[0] == 200
    assert "Password" not in "".join(served.output)


def test_a_slow_body_is_waited_for_and_holds_nobody_up(served: ServedSite) -> None:
    halves = b"name=Hannah&email=hannah%40example.com&", b"message=From+a+train"
    with post_slowly(served, *halves, meanwhile=lambda: served.get("/")) as visitor:
        assert b"303" in visitor.recv(1000)


@contextmanager
def post_slowly(
    served: ServedSite, first: bytes, second: bytes, meanwhile: Callable[[], object]
) -> Iterator[socket.socket]:
    """Sends an enquiry in two halves; between them the request is being worked on."""
    head = (
        f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nExpect: 100-continue\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(first + second)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as visitor:
        visitor.sendall(head.encode())
        assert b"100 Continue" in visitor.recv(1000)
        visitor.sendall(first)
        meanwhile()
        visitor.sendall(second)
        yield visitor


def test_a_request_under_way_is_finished_at_the_end(served: ServedSite) -> None:
    halves = b"", b"name=Hannah&email=hannah%40example.com&message=Hello"
    stop = partial(served.process.send_signal, signal.SIGINT)
    with post_slowly(served, *halves, meanwhile=stop) as visitor:
        assert b"303" in visitor.recv(1000)
    assert served.process.wait(20) == 0


def test_visitor_who_writes_at_the_end_is_thanked_whoever_hung_up_before(tmp_path: Path) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_hasty")
    halves = b"name=Hannah&email=hannah%40example.com&", b"message=Hello"
    with ServedSite(tmp_path, DATABASE_URL=address, WEB_CONCURRENCY="1") as site:
        for _ in range(200):  # each may be seen to answer and to leave in the same moment
            with socket.create_connection(("127.0.0.1", site.port)) as hasty:
                hasty.sendall(f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
                hasty.recv(1)
        with socket.create_connection(("127.0.0.1", site.port), timeout=20) as idle:
            idle.sendall(f"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
            assert idle.recv(10_000)

            def stop() -> None:
                site.process.send_signal(signal.SIGINT)
                assert idle.recv(10_000) == b""  # it has begun to end

            with post_slowly(site, *halves, meanwhile=stop) as visitor:
                assert b"303" in visitor.recv(1000)
