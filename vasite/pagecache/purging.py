"""Tells what stands in front of the site, Varnish or a CDN, that what it keeps is old.

Which pages were given out to be kept there is known by the slots of their tables; once one of those
is written to, all is purged at once: a name in the footer changes every page. Wagtail's own
frontend_cache purges the address of the page that was published, and only logs what failed.
"""

from __future__ import annotations

import json
import time
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings

from vasite.pagecache.files import write_whole
from vasite.pagecache.watching import generations

SECONDS = 10  # for an answer
AGAIN_AFTER = 5  # seconds
CLOUDFLARE = "https://api.cloudflare.com/client/v4"
FASTLY = "https://api.fastly.com"
PURGED = settings.PAGE_CACHE_DIR / "purged.json"


def purge_if_changed() -> bool:
    """Purges if anything was changed since the last purge that could be seen; tells whether.

    Raises OSError where the front doesn't take it. Who calls it again and again gets there; each
    purge is repeated after a while, for a page that was on its way to the front meanwhile.
    """
    counters = generations().of_pages_in_front()
    known: dict[str, Any] = {"counters": {}, "again_at": 0}
    if PURGED.exists():
        known = json.loads(PURGED.read_text())
    is_changed = known["counters"] != counters
    if not is_changed and not 0 < known["again_at"] < time.time():
        return False
    purge()
    again_at = time.time() + AGAIN_AFTER if is_changed else 0
    PURGED.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(PURGED, json.dumps({"counters": counters, "again_at": again_at}).encode())


def purge() -> None:
    """Purge all. Raises OSError where the front doesn't take it."""
    try:
        with urlopen(request_for(settings.PURGE), timeout=SECONDS):  # noqa: S310
            pass
    except HTTPException as error:  # another service's port, such as Varnish's for its console
        raise OSError(f"its answer is not HTTP ({type(error).__name__})") from error


def request_for(front: dict[str, str]) -> Request:
    """Gives the request by which a front forgets all pages of the site."""
    match front["scheme"]:
        case "cloudflare":
            address = f"{CLOUDFLARE}/zones/{front['user']}/purge_cache"
            headers = {"Authorization": f"Bearer {front['password']}"}
            headers["Content-Type"] = "application/json"
            method, body = "POST", b'{"purge_everything": true}'
        case "fastly":
            address = f"{FASTLY}/service/{front['user']}/purge_all"
            headers = {"Fastly-Key": front["password"], "Accept": "application/json"}
            method, body = "POST", b""
        case _:
            address = f"http://{front['host']}/"
            headers = {"Host": urlsplit(settings.SITE_URL).netloc}
            method, body = "BAN", b""
    return Request(address, body, headers, method=method)  # noqa: S310
