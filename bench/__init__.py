"""What the parts of the bench share."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlencode

from tests.served import ServedSite


def figure(value: float, allowed: float, decimals: int = 0) -> str:
    """Gives a measured value as it stands in a table, marked when it is over what is allowed."""
    return f"{value:,.{decimals}f}{' (missed)' if value > allowed else ''}"


def send_enquiry(port: int, source: str, fields: dict[str, str]) -> bool:
    """Posts an enquiry from an address of this machine and tells whether it was thanked for."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=120, source_address=(source, 0)
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/contact/", urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status == 303


def wait_for_pictures(site: ServedSite) -> None:
    """Waits until the worker has made what the demo's pictures need."""
    code = "from django_tasks_db.models import DBTaskResult as T; print(T.objects.ready().count())"
    while int(site.run_code(code).split()[-1]):
        time.sleep(5)
