"""Reviewing public pages in the background: for the report, and to know which links leave."""

from __future__ import annotations

import ipaddress
import math
import socket
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from django.utils import timezone

from vasite.content.models import ContentPage
from vasite.seo.coach import review
from vasite.seo.coach.drafts import Draft
from vasite.seo.models import OutsideLink, PageReview

CHECK_EVERY = timedelta(days=7)
RETRY_AFTER = timedelta(days=1)
FORGET_AFTER = timedelta(days=30)
LINKS_A_DAY = 200
TIMEOUT = 10  # seconds
PAUSE = 1.0  # seconds between two requests: nobody's server is pressed


def review_page(page: ContentPage) -> PageReview:
    """Writes down what the coach finds on a page, and which addresses elsewhere it links to."""
    draft = Draft(page)
    findings = review(draft)
    for address in {link.address for link in draft.links}:
        if address.startswith("http") and len(address) <= 500:
            OutsideLink.objects.update_or_create(
                address=address, defaults={"seen_on": timezone.localdate()}
            )
    result, _ = PageReview.objects.update_or_create(
        page_id=page.pk,
        defaults={
            "findings": [finding.as_dict() for finding in findings],
            "finding_count": len(findings),
            "reviewed_at": timezone.now(),
        },
    )
    return result


def check_outside_links(most: int = LINKS_A_DAY, seconds: float = math.inf) -> int:
    """Ask for addresses that are due, one after the other, and return how many were asked: `most`
    at most, and none to begin with after some seconds.

    Each is due once a week, and daily after a failure. Addresses that no page has named for a
    month are forgotten.
    """
    today = timezone.localdate()
    OutsideLink.objects.filter(seen_on__lt=today - FORGET_AFTER).delete()
    due = OutsideLink.objects.exclude(checked_on__gt=today - RETRY_AFTER).exclude(
        failed_days=0, checked_on__gt=today - CHECK_EVERY
    )
    asked, until = 0, time.monotonic() + seconds
    for link in due.order_by("checked_on", "pk")[:most]:
        if asked and time.monotonic() >= until:
            break
        if asked:
            time.sleep(PAUSE)
        link.failed_days = 0 if answers(link.address) else link.failed_days + 1
        link.checked_on = today
        link.save(update_fields=["failed_days", "checked_on"])
        asked += 1
    return asked


def answers(address: str) -> bool:
    """Tells whether something is at an address. A refusal (403, 429) is an answer, too."""
    if not is_public_host(urlsplit(address).hostname or ""):
        return False
    headers = {"User-Agent": f"vasite link check ({settings.SITE_URL})"}
    try:
        answer = requests.get(
            address,
            headers=headers,
            timeout=TIMEOUT,
            stream=True,
            hooks={"response": refuse_redirect_inside},
        )
    except requests.RequestException:
        return False
    with answer:
        return answer.status_code < 500 and answer.status_code not in {404, 410}


def refuse_redirect_inside(answer: requests.Response, **options: Any) -> None:
    """Raise InvalidURL if a response leads to this machine or its neighbours."""
    if answer.is_redirect:
        target = urljoin(answer.url, answer.headers["Location"])
        if not is_public_host(urlsplit(target).hostname or ""):
            raise requests.exceptions.InvalidURL(target)


def is_public_host(host: str) -> bool:
    """Tells whether a host is out on the internet: a link must not make this machine ask itself
    or its neighbours."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return all(ipaddress.ip_address(address).is_global for address in found)
