"""What the parts of the bench share."""

from __future__ import annotations

import time

from tests.served import ServedSite


def figure(value: float, allowed: float, decimals: int = 0) -> str:
    """Gives a measured value as it stands in a table, marked when it is over what is allowed."""
    return f"{value:,.{decimals}f}{' (missed)' if value > allowed else ''}"


def wait_for_pictures(site: ServedSite) -> None:
    """Waits until the worker has made what the demo's pictures need."""
    code = "from django_tasks_db.models import DBTaskResult as T; print(T.objects.ready().count())"
    while int(site.run_code(code).split()[-1]):
        time.sleep(5)
