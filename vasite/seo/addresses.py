"""One address for each page: what was moved leads on, what is gone says so."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.encoding import uri_to_iri
from wagtail.contrib.redirects.middleware import get_redirect
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from vasite.pagecache.remembering import remembered
from vasite.seo.models import PATH_LENGTH, FormerAddress, MissingAddress

MOST_MISSING = 500
SITE = urlsplit(settings.SITE_URL)
# What robots try, or what names a person or a token, is no page that a visitor misses.
NO_PAGE = re.compile(
    r"@|[^\w/.%-]|\.(?!html?$)\w+$|^/(?:admin|newsletter|comments|preview)/|/wp-|/\."
)


def canonical_address(request: HttpRequest) -> str:
    """Gives the address to go to in place of the one asked for; empty where it is the right one.

    Scheme, host (with or without www), slash and a known redirect are settled in one step.
    """
    path = request.path
    has_slash = path.endswith("/") or "." in path.rpartition("/")[2]
    is_elsewhere = is_twin_host(request.get_host()) or (
        settings.IS_HTTPS and not request.is_secure()
    )
    if has_slash and not is_elsewhere:
        return ""
    begin = settings.SITE_URL if is_elsewhere else ""
    if not has_slash:
        old_path = Redirect.normalise_path(path, decode_unicode=False)
        redirect = get_redirect(request, old_path) if may_be_redirected(path) else None
        if redirect and redirect.link:
            link = str(redirect.link)
            return link if link.startswith("http") else f"{begin}{link}"
        path = f"{path}/"
    query = request.META.get("QUERY_STRING", "")
    return f"{begin}{path}{'?' if query else ''}{query}"


def is_twin_host(host: str) -> bool:
    """Tells whether a host is SITE_URL's own with "www." added or left out."""
    return host != SITE.netloc and host.removeprefix("www.") == SITE.netloc.removeprefix("www.")


def path_of(page: Page) -> str:
    """Gives the path under which visitors reach a page, whether it is live or not."""
    parts = page.get_url_parts()
    return str(parts[2]) if parts and parts[2] else ""


def note_departure(page: Page) -> None:
    """Remembers that the page at an address, once public, was taken down."""
    path = path_of(page)
    if path and page.first_published_at:
        FormerAddress.objects.get_or_create(path=path)


def note_arrival(page: Page) -> None:
    """Forgets what was remembered of an address that has a page again."""
    FormerAddress.objects.filter(path=path_of(page)).delete()
    MissingAddress.objects.filter(path=path_of(page)).delete()


def is_former(path: str) -> bool:
    return path in remembered("former addresses", paths_of_former)


def paths_of_former() -> frozenset[str]:
    return frozenset(FormerAddress.objects.values_list("path", flat=True))


def may_be_redirected(path: str) -> bool:
    """Whether there is a redirect from a path, with whatever query; asks no database for it."""
    decoded = uri_to_iri(Redirect.normalise_path(path))
    return decoded in remembered("redirected paths", redirected_paths)


def redirected_paths() -> frozenset[str]:
    known = Redirect.objects.values_list("old_path", flat=True)
    return frozenset(uri_to_iri(path).partition("?")[0] for path in known)


class Pace:
    """Lets so many through in each second."""

    def __init__(self, most: int) -> None:
        self.most, self.second, self.count = most, 0, 0

    def lets_through(self) -> bool:
        second = int(time.monotonic())
        if second != self.second:
            self.second, self.count = second, 0
        self.count += 1
        return self.count <= self.most


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


def join_chains(redirect: Redirect) -> None:
    """Makes redirects that lead to a redirect lead to its end, so that visitors hop once."""
    target = Redirect.normalise_path(redirect.redirect_link) if redirect.redirect_link else ""
    onward = Redirect.objects.filter(old_path=target).exclude(pk=redirect.pk).first()
    if target and onward and onward.link != redirect.old_path:
        redirect.redirect_page, redirect.redirect_link = onward.redirect_page, onward.redirect_link
        Redirect.objects.filter(pk=redirect.pk).update(
            redirect_page=onward.redirect_page, redirect_link=onward.redirect_link
        )
    for earlier in Redirect.objects.exclude(redirect_link="").exclude(pk=redirect.pk):
        if Redirect.normalise_path(earlier.redirect_link) == redirect.old_path:
            Redirect.objects.filter(pk=earlier.pk).update(
                redirect_page=redirect.redirect_page, redirect_link=redirect.redirect_link
            )
