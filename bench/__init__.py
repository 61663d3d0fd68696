"""What the parts of the bench share."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tests.served import ServedSite, wait_until


def figure(value: float, allowed: float, decimals: int = 0) -> str:
    """Gives a measured value as it stands in a table, marked when it is over what is allowed."""
    return f"{value:,.{decimals}f}{' (missed)' if value > allowed else ''}"


def post_form(port: int, path: str, fields: dict[str, str], source: str = "127.0.0.1") -> int:
    """Posts a form from an address of this machine and gives the answer's status."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=120, source_address=(source, 0)
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def send_enquiry(port: int, source: str, fields: dict[str, str]) -> bool:
    """Posts an enquiry and tells whether it was thanked for."""
    return post_form(port, "/contact/", fields, source) == http.client.SEE_OTHER


@contextmanager
def gunicorn(arguments: list[str], url: str, **where: Any) -> Iterator[None]:
    """Runs gunicorn until the block ends; `where` is what Popen takes, a folder, an environment."""
    process = subprocess.Popen([sys.executable, "-m", "gunicorn", *arguments], **where)
    curl = ["curl", "-sf", "-o", os.devnull, url]
    try:
        wait_until(lambda: subprocess.run(curl).returncode == 0)
        yield
    finally:
        process.terminate()
        process.wait()


def wait_for_pictures(site: ServedSite) -> None:
    """Waits until the worker has made what the demo's pictures need."""
    code = "from django_tasks_db.models import DBTaskResult as T; print(T.objects.ready().count())"
    while int(site.run_code(code).split()[-1]):
        assert site.process.poll() is None, "".join(site.output)
        time.sleep(5)
