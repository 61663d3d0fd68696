"""A WSGI function that gives one page's bytes and headers: the most that gunicorn can do.

`COPY` names the page; it is served by the site's own settings for gunicorn.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterable
from typing import Any

GUNICORNS_OWN = {"server", "date", "connection"}

_asked = urllib.request.Request(os.environ["COPY"], headers={"Accept-Encoding": "br"})  # noqa: S310
with urllib.request.urlopen(_asked) as _answer:  # noqa: S310 - http of this machine
    BODY = _answer.read()
    HEADERS = [pair for pair in _answer.getheaders() if pair[0].lower() not in GUNICORNS_OWN]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [BODY]
