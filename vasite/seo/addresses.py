"""One address for each page: what was moved leads on, what is gone says so."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Site

from vasite.pagecache.remembering import remembered
from vasite.seo.models import FORMER_LENGTH, PATH_LENGTH, FormerAddress, MissingAddress
from vasite.seo.redirects import (
    FEEDS,
    Destination,
    find_destination,
    has_page,
    is_of_site,
    location,
    normal_host,
    path_key,
)

ADMIN = "/admin/"  # whose doors no redirect may close
MOST_MISSING = 500
SITE = urlsplit(settings.SITE_URL)
# What robots try, or what names a person or a token, is no page that a visitor misses.
NO_PAGE = re.compile(
    r"@|[^\w/.%-]|\.(?!html?$)\w+$|^/(?:admin|newsletter|comments|preview)/|/wp-|/\."
)


def canonical_address(request: HttpRequest) -> Destination | None:
    """Return the address to go to in place of the one asked for; None where it is the right one.

    Scheme, host (with or without www), slash and redirects are settled in one step.
    """
    path = request.path
    is_elsewhere = is_twin_host(host_of(request)) or (settings.IS_HTTPS and not request.is_secure())
    begin = settings.SITE_URL if is_elsewhere else ""
    with suppress(Error):  # without a database the page, cached or not, is the better answer
        redirect = None if path.startswith(ADMIN) else find_destination(request)
        if redirect:
            is_own = redirect.url.startswith("/")
            return redirect._replace(url=f"{begin}{redirect.url}") if is_own else redirect
    if path_key(path) in FEEDS:
        return Destination(f"{begin}{reverse('feed')}", is_permanent=True)
    has_slash = path.endswith("/") or "." in path.rpartition("/")[2]
    if has_slash and not is_elsewhere:
        return None
    url = location(path if has_slash else f"{path}/", request.META.get("QUERY_STRING", ""))
    return Destination(f"{begin}{url}", is_permanent=True)


def lower_case_address(request: HttpRequest) -> Destination | None:
    """Return the address in small letters of a page that was asked for in capitals."""
    path = request.path.lower()
    if path == request.path or "//" in path or not has_page(request, path):
        return None
    return Destination(location(path, request.META.get("QUERY_STRING", "")), is_permanent=True)


def site_record() -> Site | None:
    """Return Wagtail's record of the site at SITE_URL, whoever asks for it."""
    request = HttpRequest()
    port = SITE.port or (443 if settings.IS_HTTPS else 80)
    request.META |= {"SERVER_NAME": SITE.hostname, "SERVER_PORT": str(port)}
    return Site.find_for_request(request)


def host_of(request: HttpRequest) -> str:
    """Return the host asked for as SITE_URL has it."""
    return normal_host(request.get_host(), SITE.scheme)


def is_twin_host(host: str) -> bool:
    """Tells whether a host is SITE_URL's own with "www." added or left out."""
    return host != SITE.netloc and is_of_site(host)


def path_of(page: Page) -> str:
    """Gives the path under which visitors reach a page, whether it is live or not."""
    parts = page.get_url_parts()
    return str(parts[2]) if parts and parts[2] else ""


def note_departure(page: Page) -> None:
    """Remember that the page at an address is gone for good, unless that is too long to keep: the
    page can be deleted all the same."""
    path = path_of(page)
    if path not in {"", "/"} and len(path) <= FORMER_LENGTH:
        FormerAddress.objects.get_or_create(path=path)


def note_arrival(page: Page) -> None:
    """Forgets what was remembered of an address that has a page again."""
    FormerAddress.objects.filter(path=path_of(page)).delete()
    MissingAddress.objects.filter(path=path_of(page)).delete()


def is_former(path: str) -> bool:
    return path in remembered("former addresses", paths_of_former)


def paths_of_former() -> frozenset[str]:
    return frozenset(FormerAddress.objects.values_list("path", flat=True))


class Pace:
    """A token bucket: `most` pass at once, and one more each second."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.left, self.seen_at = float(most), time.monotonic()

    def lets_through(self) -> bool:
        now = time.monotonic()
        self.left = min(self.most, self.left + now - self.seen_at)
        self.seen_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


pace = Pace(20)  # in each process: more than that is a flood, and nothing that people miss


def note_missing(path: str) -> None:
    """Counts that somebody asked for a path that has no page; the rarest make room for new ones."""
    if len(path) > PATH_LENGTH or NO_PAGE.search(path) or not pace.lets_through():
        return
    again = {"count": F("count") + 1, "last_asked_on": timezone.localdate()}
    if MissingAddress.objects.filter(path=path).update(**again):
        return
    MissingAddress.objects.bulk_create([MissingAddress(path=path)], ignore_conflicts=True)
    surplus = MissingAddress.objects.count() - MOST_MISSING
    if surplus > 0:
        rarest = MissingAddress.objects.order_by("count", "last_asked_on", "pk")[:surplus]
        MissingAddress.objects.filter(pk__in=[one.pk for one in rarest]).delete()
