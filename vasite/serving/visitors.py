"""Who is asking, as far as the server can tell."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Gives the visitor's IP address, for limits on tries.

    An https site has a proxy in front, which ends X-Forwarded-For with the address that it saw;
    what stands before that is the visitor's own claim.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.IS_HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
