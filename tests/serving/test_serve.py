"""`make run`: starts, keeps its processes up, keeps the content, and ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.served import ServedSite, free_port, fresh_database, wait_until
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


def test_what_cannot_stay_up_ends_the_whole_with_its_error(served: ServedSite) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=PROJECT_DIR,
        env=served.environment | {"PORT": str(free_port()), "GUNICORN_CMD_ARGS": "--no-such"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "unrecognized arguments: --no-such" in ended.stderr
    assert "web server can't stay up" in ended.stderr
    assert "Ready:" not in ended.stdout


def test_a_later_start_keeps_everything_and_shows_no_password(served: ServedSite) -> None:
    processes = served.children()
    assert served.stop() < 5
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
    served.process.wait(5)
    assert served.process.returncode == 0
