"""The operator is sent each error as the log tells it, and nothing of the people it happened to."""

from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.served import ServedSite, copy_of_standard_site, wait_until
from vasite.environment import PROJECT_DIR
from vasite.serving.errors import server_error

sentry_sdk = pytest.importorskip("sentry_sdk")
MARKERS = ("quux", "198.51.100.7", "secret", "2001:db8")


class Sentry(ThreadingHTTPServer):
    """A real server that takes envelopes (develop.sentry.dev/sdk/data-model/envelopes)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.bodies: list[str] = []
        self.paths: list[str] = []

    @property
    def dsn(self) -> str:
        return f"http://publickey@127.0.0.1:{self.server_address[1]}/42"

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for body in self.bodies for line in body.splitlines()]
        return [line for line in lines if "level" in line]


class Receiver(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
        body = unpack.get(self.headers.get("Content-Encoding", ""), bytes)(body)
        self.server.paths.append(self.path)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with Sentry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def broken(request: HttpRequest, token: str) -> HttpResponse:
    secret = "secret of Zelda Quux"
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError("Key (email)=(zelda.quux@example.org) already exists") from error


urlpatterns = [path("preview/<str:token>/", broken)]
handler500 = server_error


@pytest.fixture
def reports(sentry: Sentry, settings: Any) -> Iterator[Sentry]:
    """Errors of this process go to the server."""
    from vasite.serving.error_reports import start_error_reports

    settings.SENTRY_DSN = sentry.dsn
    start_error_reports()
    yield sentry
    sentry_sdk.init()


def test_visitor_whose_request_breaks_is_not_named_to_sentry(
    reports: Sentry, client: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    client.cookies["sessionid"] = "secret-quux"
    response = client.post(
        "/preview/secret-token/?email=zelda.quux@example.org",
        {"message": "Zelda Quux, secret"},
        headers={
            "X-Forwarded-For": "198.51.100.7",
            "User-Agent": "Quux",
            "Referer": "http://quux/",
        },
        REMOTE_ADDR="2001:db8::7",
    )
    assert response.status_code == 500
    sentry_sdk.flush()
    assert reports.paths == ["/api/42/envelope/"]
    (body,) = reports.bodies
    code = "".join(Path(__file__).read_text().split())  # is sent with the frames, and only as code
    (event,) = reports.events
    for exception in event["exception"]["values"]:
        for frame in exception["stacktrace"]["frames"]:
            for name in ("pre_context", "post_context"):
                frame.pop(name, None)
            line = frame.pop("context_line", "")
            assert "quux" not in line.lower() or "".join(line.split()) in code
    text = json.dumps(event).lower()
    assert [marker for marker in MARKERS if marker in text] == []
    assert "sessionid" not in body
    assert str(Path.home()) not in text
    assert event["logentry"]["message"] == "Internal Server Error: /preview/…"
    assert event["tags"] == {"request_id": response["X-Request-ID"]}
    kinds = [(one["type"], sorted(one)) for one in event["exception"]["values"]]
    fields = ["module", "stacktrace", "type"]
    assert kinds == [("KeyError", fields), ("ValueError", fields)]
    assert set(event) <= {
        *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
        *("logentry", "tags", "exception"),
    }


@pytest.mark.parametrize(
    ("name", "said", "sent"),
    [
        ("vasite.event", "Refused <quux@example.org>", "Refused <…>"),
        ("gunicorn.error", "Gone: 198.51.100.7", "Gone: …"),
    ],
)
def test_lines_are_masked_by_what_masks_the_log(
    reports: Sentry, name: str, said: str, sent: str
) -> None:
    logging.getLogger(name).error("%s", said)
    logging.getLogger(name).warning("%s", said)
    sentry_sdk.flush()
    assert [event["logentry"]["message"] for event in reports.events] == [sent]


def test_operator_of_the_real_site_is_sent_what_breaks_in_its_processes(
    sentry: Sentry, tmp_path: Path
) -> None:
    address = copy_of_standard_site(tmp_path, "vasite_error_reports")
    with ServedSite(tmp_path, DATABASE_URL=address, SENTRY_DSN=sentry.dsn) as site:
        site.run_code(
            "from django.db import connection\n"
            "connection.cursor().execute('DROP TABLE home_datarequest')"
        )
        status, _ = site.get("/privacy/your-data/quux-token/")
        assert status in (500, 503)
        wait_until(lambda: bool(sentry.events))
    assert "quux-token" not in "".join(sentry.bodies)
    assert sentry.events[0]["tags"]["request_id"] in "".join(site.output)


@pytest.mark.parametrize(
    ("dsn", "is_hidden", "words"),
    [
        pytest.param("https://secret@example.org/1", True, "install sentry", id="no package"),
        pytest.param("https://example.org/1", False, "expected https://key@host", id="no key"),
        pytest.param("https://secret@example.org/", False, "expected https://", id="no project"),
        pytest.param("https://secret@example.org/x1", False, "expected https://", id="no number"),
        pytest.param("https://secret@example.org:x/1", False, "expected https://", id="odd port"),
        pytest.param("http://secret@example.org/1", False, "expected https://", id="unencrypted"),
    ],
)
def test_operator_reads_in_one_line_how_to_mend_the_setting(
    dsn: str, is_hidden: bool, words: str
) -> None:
    paths = [os.environ.get("PYTHONPATH", "")]
    hidden = str(Path(__file__).parent / "without_sentry")
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=PROJECT_DIR,
        env=os.environ
        | {
            "SENTRY_DSN": dsn,
            "PORT": "8765",
            "PYTHONPATH": os.pathsep.join([hidden, *paths] if is_hidden else paths),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("vasite: SENTRY_DSN ")
    assert words in line
    assert "secret" not in line
