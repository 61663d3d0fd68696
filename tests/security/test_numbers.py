"""A number in an address has one spelling; any other is no page, no error and no room taken."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from newsletter.models import UnreadReport
from newsletter.webhooks import urlpatterns as webhooks
from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors

SPELLINGS = {
    "Arabic-Indic": "٢٠٢٦",
    "full width": "２０２６",
    "one digit of another script": "202٦",
    "mathematical": "𝟐𝟎𝟐𝟔",
    "superscript": "²",
    "circled": "①",
    "leading zero": "02026",
    "leading zeros": "0" * 200 + "1",
    "underscore": "2_026",
    "plus": "+2026",
    "minus": "-1",
    "space": " 2026",
    "line end": "2026\n",
    "exponent": "2e3",
    "hexadecimal": "0x7ea",
    "fraction": "1.0",
    "zero": "0",
    "beyond 64 bits": "9223372036854775808",
    "26 digits": "9" * 26,
    "more digits than Python reads": "9" * 5000,
    "nothing": "",
}
PATHS = [
    "/blog/{}/",
    "/blog/{}/11/",
    "/blog/2026/{}/",
    "/sitemap-{}.xml",
    "/comments/{}/",
    "/newsletter/go/{}/",
    "/documents/{}/a.pdf",
    "/documents/authenticate_with_password/{}/",
    "/_util/authenticate_with_password/{}/1/",
    "/_util/authenticate_with_password/1/{}/",
]
QUERIES = [
    "/blog/?page={}",
    "/blog/on-trust/?comments={}",
    "/blog/on-trust/?answer={}",
    "/newsletter/?page={}",
    "/search/?q=trust&page={}",
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_stranger_who_spells_a_number_otherwise_gets_no_page(
    visit: Visitors, site: SmallSite, name: str
) -> None:
    number = quote(SPELLINGS[name])
    year = site.post.first_published_at.year
    assert visit(f"/blog/{year}/").status == 200
    assert visit("/blog/?page=1").status == visit("/search/?q=trust&page=1").status == 200
    kept = len(visit.layer.memory.pages), len(visit.layer.asked_memory.pages)
    files = len(list(visit.layer.shelf.folder.iterdir()))
    for address in [*PATHS, *QUERIES]:
        answer = visit(address.format(number))
        assert answer.status in ({301, 404} if not number else {404}), address
    assert kept == (len(visit.layer.memory.pages), len(visit.layer.asked_memory.pages))
    assert len(list(visit.layer.shelf.folder.iterdir())) == files


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("path", ["/", "/nothing/", "/newsletter/confirm/x/", "/contact/"])
def test_number_that_a_page_does_not_know_is_no_error(
    visit: Visitors, site: SmallSite, path: str, name: str
) -> None:
    plain = visit(path)
    asked = visit(f"{path}?page={quote(SPELLINGS[name])}&comments=9{'9' * 5000}")
    assert asked.status == plain.status


@pytest.mark.parametrize("name", ["a" * 256, "é" * 128, "a" * 4000])
@pytest.mark.parametrize("path", ["/media/{}", "/media/{}/a.png", "/media/images/{}.png"])
def test_name_longer_than_a_disk_holds_is_no_file(client: Client, path: str, name: str) -> None:
    assert client.get(path.format(quote(name))).status_code == 404


BODIES: dict[str, Any] = {
    "empty": b"",
    "object": b"{}",
    "list": b"[]",
    "null": b"null",
    "number": b"9" * 40,
    "no text": b"\xff\xfe\x00",
    "event": b'[{"event": "bounce"}]',
    "nested": b'{"a":' * 3000,
    "SNS": b'{"Type": "SubscriptionConfirmation", "SubscribeURL": "https://evil.example"}',
    "form": b"mandrill_events=[1]&a=b",
}
KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]


@pytest.mark.parametrize("path", [f"/anymail/{address.pattern}" for address in webhooks])
def test_stranger_who_plays_a_mail_provider_is_refused(
    client: Client, site: SmallSite, path: str
) -> None:
    for kind in KINDS:
        for body in BODIES.values():
            assert client.post(path, body, kind).status_code in {400, 401}
    for method in ("get", "head", "put", "patch", "delete"):
        assert getattr(client, method)(path).status_code in {200, 400, 405}
    assert not UnreadReport.objects.exists()


@pytest.mark.parametrize("number", ["9" * 26, "9223372036854775808", "9" * 5000, "٢"])
@pytest.mark.parametrize(
    "path",
    [
        "/admin/outbox/{}/html/",
        "/admin/outbox/{}/send-again/",
        "/admin/pages/{}/share/",
        "/admin/pages/{}/edit/coach/",
        "/admin/subscribers/{}/block/",
        "/admin/subscribers/import/{}/",
        "/admin/comments/{}/decide/",
        "/admin/enquiries/{}/write/",
        "/admin/enquiries/{}/file/1/",
        "/admin/enquiries/1/file/{}/",
    ],
)
def test_owner_who_follows_a_broken_link_in_the_admin_is_told_that_there_is_nothing(
    va: Client, site: SmallSite, path: str, number: str
) -> None:
    for method in (va.get, va.post):
        assert method(path.format(number)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("newsletter/commentsettings", "close_after_days"),
        ("newsletter/sendingsettings", "late_hours"),
        ("newsletter/sendingsettings", "post_minutes"),
        ("forms/spamsettings", "keep_spam_days"),
    ],
)
@pytest.mark.parametrize("number", ["32000", "800000", "9223372036854775807"])
def test_owner_who_means_never_by_a_large_number_closes_nothing(
    va: Client, site: SmallSite, kind: str, name: str, number: str
) -> None:
    ((address, _),) = va.get(f"/admin/settings/{kind}/", follow=True).redirect_chain
    answer = va.post(address, {name: number})
    assert "Ensure this value is less than or equal to" in answer.text
    assert va.get("/blog/on-trust/").status_code == 200
