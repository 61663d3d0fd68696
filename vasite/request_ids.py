"""The id of the request that a thread works on: in each of its log lines and in its response.

A response that is the same for everybody has none: whoever keeps it would replay somebody else's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings

HEADER = "X-Request-ID"
# As nginx ($request_id) and Caddy (http.request.uuid) make them; no name or address fits in
FROM_PROXY = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of this thread's request, "" outside of one."""
    return current.get()


@contextmanager
def request_id_for(environ: Mapping[str, Any]) -> Iterator[str]:
    """Give a request (PEP 3333) its id for as long as it is worked on.

    Within a request that has an id already, that is kept.
    """
    if known := current.get():
        yield known
        return
    token = current.set(proxy_request_id(environ) or secrets.token_hex(8))
    try:
        yield current.get()
    finally:
        current.reset(token)


def proxy_request_id(environ: Mapping[str, Any]) -> str:
    """Return the id from the proxy of an https site, "" if none is to be trusted."""
    if not settings.IS_HTTPS or environ.get("HTTP_X_FORWARDED_PROTO") != "https":
        return ""
    given = str(environ.get("HTTP_X_REQUEST_ID", ""))
    return given if FROM_PROXY.fullmatch(given) else ""
