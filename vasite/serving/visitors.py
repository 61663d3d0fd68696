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


def network_of_address(address: str, *, ipv4_bits: int = 24, ipv6_bits: int = 48) -> str:
    """Return the network of an IP address, such as "198.51.100.0/24", or "" for what is none: by
    default as large as one owner has them.

    An IPv4 address that a dual-stack socket reports as IPv6 (::ffff:198.51.100.7) counts as IPv4.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a socket without an address
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    bits = ipv4_bits if found.version == 4 else ipv6_bits
    return str(ipaddress.ip_network(f"{found}/{bits}", strict=False))


def sign_in_address(request: HttpRequest) -> str | None:
    """Return the address by which failed sign-ins are counted: of IPv6, the network's first one.

    A connection at home or in a data centre has a whole /64 to choose its addresses from.
    """
    network = network_of_address(client_address(request), ipv4_bits=32, ipv6_bits=64)
    return network.partition("/")[0] or None
