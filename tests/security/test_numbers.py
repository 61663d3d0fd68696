"""A number in an address has one spelling; any other is no page, no error and no room taken."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from blog.models import Category
from newsletter.models import Subscriber, UnreadReport
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
def test_name_longer_than_a_disk_holds_is_no_file(
    client: Client, site: SmallSite, path: str, name: str
) -> None:
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


BEYOND = ["9" * 39, "-" + "9" * 39, "9223372036854775808", "-9223372036854775809", "2147483648"]


@pytest.mark.parametrize("number", [*BEYOND, "9" * 5000, "abc"])
def test_subscriber_who_chooses_a_topic_that_no_database_holds_gets_the_form_back(
    client: Client, site: SmallSite, number: str
) -> None:
    topic = Category.objects.create(name="Mail", slug="mail")
    site.newsletter.topics.add(topic)
    site.newsletter.save()
    ann = Subscriber.objects.create(email="ann@example.com", status="confirmed")
    path = ann.preferences_url.partition("/newsletter/")[2]
    form = {"name": "Ann", "rhythm": "weekly", "topics": [str(topic.pk), number]}
    answer = client.post(f"/newsletter/{path}", form)
    assert answer.status_code == 422
    assert 'value="Ann"' in answer.text
    form["topics"] = [str(topic.pk)]
    assert client.post(f"/newsletter/{path}", form).status_code == 303
    assert list(ann.topics.all()) == [topic]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [*map(int, BEYOND), 2**63 - 1, -1])
def test_number_that_no_row_has_is_looked_up_among_others(number: int) -> None:
    mail = Category.objects.create(name="Mail", slug="mail")
    assert Category.objects.in_bulk([number, mail.pk]) == {mail.pk: mail}
    assert list(Category.objects.filter(pk__in={number})) == []
    assert list(Category.objects.exclude(pk__in=[number])) == [mail]
    assert list(Category.objects.filter(pk__in=[None, number, mail.pk])) == [mail]


@pytest.mark.parametrize("number", BEYOND)
def test_editor_whose_browser_sends_a_number_that_no_row_has_meets_no_error(
    va: Client, site: SmallSite, number: str
) -> None:
    va.raise_request_exception = False
    own = f"/admin/pages/{site.post.pk}"
    copy = {"new_title": "x", "new_slug": "x", "new_parent_page": number}
    for path, form in (
        (f"{own}/move/", {"new_parent_page": number}),
        (f"{own}/copy/", copy),
        (f"/admin/pages/set_page_position/{site.post.pk}/?position={number}", {}),
        (f"{own}/privacy/", {"restriction_type": "groups", "groups": number}),
        (f"/admin/bulk/newsletter/comment/approve/?id={number}", {}),
        (f"/admin/bulk/content/siteimage/add_tags/?id=all&childOf={number}", {"tags": "a"}),
        (f"/admin/bulk/wagtaildocs/document/delete/?id=all&childOf={number}", {}),
        (f"/admin/bulk/wagtailcore/page/unpublish/?id=all&childOf={number}", {}),
        ("/admin/users/add/", {"username": "ada", "groups": number}),
        ("/admin/redirects/add/", {"old_path": "/x/", "site": number, "redirect_page": number}),
        ("/admin/collections/add/", {"name": "x", "parent": number}),
    ):
        assert va.post(path, form).status_code < 500, path
        assert va.get(path).status_code < 500, path
    for kind in ("pages", "images", "documents"):
        for name in ("offset", "limit", "id", "child_of"):
            with transaction.atomic():  # PostgreSQL takes nothing more in one with a fault
                answer = va.get(f"/admin/api/main/{kind}/", {name: number})
                transaction.set_rollback(True)
            assert answer.status_code < 500, (kind, name)
    assert site.post.get_parent().pk == site.blog.pk
