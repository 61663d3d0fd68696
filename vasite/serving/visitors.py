"""Who is asking, as far as the server can tell."""

from __future__ import annotations

import ipaddress
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


def network_of_address(address: str) -> str:
    """Return the network of an IP address, as large as one owner has them, or "" for what is none:
    all limits count by it (decision 52).

    An IPv4 address that a dual-stack socket reports as IPv6 (::ffff:198.51.100.7) counts as IPv4.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a socket without an address
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


def sign_in_address(request: HttpRequest) -> str | None:
    """Return what stands for a network where failed sign-ins are counted: its first address."""
    return network_of_address(client_address(request)).partition("/")[0] or None
