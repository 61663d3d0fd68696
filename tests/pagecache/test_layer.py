"""A finished page is given again until something that it shows is changed, to everybody alike."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import brotli
import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from wagtail.models import PageViewRestriction
from wagtail.search.backends import get_search_backend

from blog.models import BlogPostPage
from newsletter.models import Comment, Subscriber
from newsletter.moderation import moderate
from tests.conftest import SmallSite
from tests.forms.test_keeping import ENQUIRY
from tests.newsletter.test_comment import WORDS as COMMENT
from tests.pagecache.conftest import Visitors
from vasite.business.models import BusinessSettings
from vasite.forms.models import SpamSettings
from vasite.pagecache.tasks import trim

POST = "/blog/on-trust/"


def test_it_works(visit: Visitors, site: SmallSite) -> None:
    first = visit(POST)
    assert first.status == 200
    assert visit(POST).body == first.body
    assert visit.made == [POST]
    site.post.title = "On patience"
    site.post.save_revision().publish()
    assert "On patience" in visit(POST).text
    assert visit.made == [POST, POST]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/services/", "/services/inbox/", "/blog/", POST, "/contact/", "/newsletter/"),
        *("/contact/thank-you/", "/newsletter/thank-you/", "/privacy/your-data/", "/feed/"),
        *("/search/?q=trust", "/sitemap.xml", "/robots.txt", "/site.webmanifest"),
    ],
)
def test_public_pages_are_kept(visit: Visitors, path: str) -> None:
    assert visit(path).body == visit(path).body
    assert len(visit.made) == 1


def test_others_are_not(visit: Visitors, site: SmallSite, new_layer: Any) -> None:
    token = Subscriber(pk=1).unsubscribe_url.removeprefix("http://127.0.0.1:8000")
    paths = ["/admin/login/", "/healthz", "/forms/challenge/", "/nothing/", token]
    for path in [*paths, "/blog/?page=99"]:
        for _ in range(2):
            assert visit(path).headers.get("Age") is None
    PageViewRestriction.objects.create(
        page=site.service, restriction_type="password", password="secret"
    )
    for _ in range(2):
        assert "password" in visit("/services/inbox/").text
    assert visit.made.count("/services/inbox/") == 2


def test_who_is_signed_in_gets_nothing_kept(visit: Visitors) -> None:
    visit("/")
    for _ in range(2):
        assert visit("/", cookie="sessionid=abc").headers.get("Age") is None
    assert len(visit.made) == 3


def test_a_form_with_faults_is_nobody_elses(visit: Visitors) -> None:
    assert visit("/contact/", "POST").status == 422
    assert "error" not in visit("/contact/").text.split("<form")[1].split("</form")[0]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br, gzip", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("br;q=nonsense", ""),
        ("", ""),
    ],
)
def test_the_best_coding_that_the_visitor_takes(
    visit: Visitors, accepted: str, coding: str
) -> None:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    answer = visit(POST, accept_encoding=accepted)
    assert answer.headers.get("Content-Encoding", "") == coding
    assert unpack(answer.body) == visit(POST).body
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_who_has_it_already_hears_so(visit: Visitors, site: SmallSite) -> None:
    answer = visit(POST, accept_encoding="br")
    tag, date = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert not tag.startswith("W/")
    assert visit(POST).headers["ETag"] != tag  # other bytes, another tag
    for headers in ({"if_none_match": f'"x", W/{tag}'}, {"if_modified_since": date}):
        short = visit(POST, accept_encoding="br", **headers)
        assert (short.status, short.body) == (304, b"")
        assert short.headers["ETag"] == tag
    assert visit(POST, if_modified_since="nonsense").status == 200
    assert visit(POST, if_none_match='"other"', if_modified_since=date).status == 200
    site.post.title = "On patience"
    site.post.save_revision().publish()
    assert visit(POST, accept_encoding="br", if_none_match=tag).status == 200
    head = visit(POST, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(visit(POST).body))


def test_what_says_the_same_has_not_changed(visit: Visitors, site: SmallSite) -> None:
    before = visit(POST).headers
    BusinessSettings.load().save()
    after = visit(POST).headers
    assert len(visit.made) == 2
    assert after["ETag"] == before["ETag"]
    assert after["Last-Modified"] == before["Last-Modified"]


def test_only_queries_that_a_page_knows_make_a_page(visit: Visitors, site: SmallSite) -> None:
    visit("/blog/")
    for query in ("utm_source=x", "fbclid=1&gclid=2", "q=1", "comments=2"):
        assert visit(f"/blog/?{query}").body == visit("/blog/").body
    assert len(visit.made) == 1
    first = visit("/search/?q=trust&utm_campaign=z")
    assert visit("/search/?utm_id=3&q=trust").body == first.body
    assert visit("/search/?q=inbox").body != first.body
    assert visit.made.count("/search/") == 2


def test_strangers_fill_no_memory(visit: Visitors, site: SmallSite) -> None:
    visit.layer.asked_memory.most_bytes = 200_000
    visit("/")
    for number in range(50):
        visit(f"/search/?q=word{number}")
    assert visit.layer.asked_memory.bytes <= 200_000
    assert len(visit.layer.asked_memory.pages) < 20
    visit("/")
    assert visit.made.count("/") == 1  # what others ask for drives it out no more
    long = visit(f"/search/?q={'x' * 7000}")
    assert long.status == 200
    assert long.headers.get("Age") is None


POISONS = {
    "host": "evil.example",
    "x_forwarded_host": "evil.example",
    "x_forwarded_proto": "https",
    "x_forwarded_prefix": "/evil",
    "x_original_url": "/admin/",
    "x_rewrite_url": "/admin/",
    "x_http_method_override": "POST",
    "forwarded": "host=evil.example",
    "origin": "https://evil.example",
    "accept": "application/evil",
    "accept_language": "de",
    "user_agent": "<script>evil</script>",
    "cookie": "evil=1",
    "range": "bytes=0-10",
    "authorization": "Basic evil",
}


@pytest.mark.parametrize("name", POISONS)
def test_no_header_of_a_visitor_changes_what_others_get(visit: Visitors, name: str) -> None:
    visit("/", **{name: POISONS[name]})
    poisoned = visit("/")
    visit.layer.memory.pages.clear()
    BusinessSettings.load().save()
    assert visit("/").body == poisoned.body
    assert b"evil" not in poisoned.body


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/admin/login/x.css",
            "/admin/login/;x.css",
            "/admin/login/%2Fx.js",
            "/blog/on-trust/x.css",
        ),
        *("/blog//on-trust/", "/BLOG/", "/blog/on-trust", "/%00/"),
        "/blog/" + quote("../admin/login/", safe=""),
    ],
)
def test_no_odd_address_is_kept(visit: Visitors, path: str) -> None:
    for _ in range(2):
        assert visit(path).headers.get("Age") is None


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE", "PROPFIND", "get"])
def test_no_odd_method_gets_or_leaves_anything(visit: Visitors, method: str) -> None:
    before = visit("/").body
    assert visit("/", method).headers.get("Age") is None
    assert visit("/").body == before


def test_a_comment_is_seen_once_approved(visit: Visitors, site: SmallSite) -> None:
    visit(POST)
    comment = Comment(page=site.post, name="Tom", email="tom@example.com", comment="I agree")
    comment.set_content("Tom", "tom@example.com", "I agree")
    comment.save()
    visit(POST)
    assert visit.made == [POST]  # one that waits changes nothing, nor does a flood of them
    moderate(Comment.objects.filter(pk=comment.pk), "approved")
    assert "I agree" in visit(POST).text
    moderate(Comment.objects.filter(pk=comment.pk), "spam")
    assert "I agree" not in visit(POST).text


def test_a_form_that_is_sent_makes_no_page_anew(visit: Visitors, site: SmallSite) -> None:
    paths = ["/", POST, "/blog/", "/services/", "/contact/", "/newsletter/"]
    forms = {
        "/contact/": ENQUIRY,
        f"/comments/{site.post.pk}/": COMMENT,
        "/newsletter/subscribe/": {"email": "reader@example.com"},
        "/privacy/your-data/": {"email": "reader@example.com"},
    }
    SpamSettings.load()  # which the first form would write
    for path in paths:
        visit(path)
    visit.made.clear()
    for path, fields in forms.items():
        body = urlencode(fields).encode()
        variables = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        variables["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        assert visit.ask(path, "POST", variables).status == 303
        for one in paths:
            visit(one)
        assert visit.made == [path]
        visit.made.clear()


def test_a_search_is_made_anew_once_the_worker_has_indexed(
    visit: Visitors, site: SmallSite
) -> None:
    BlogPostPage.objects.filter(pk=site.post.pk).update(title="On patience")  # not yet indexed
    assert "On patience" not in visit("/search/?q=patience").text
    get_search_backend().add(BlogPostPage.objects.get(pk=site.post.pk))
    assert "On patience" in visit("/search/?q=patience").text


def test_writing_a_draft_makes_no_page_anew(visit: Visitors, site: SmallSite) -> None:
    visit(POST)
    visit("/blog/")
    site.post.title = "Not yet"
    for _ in range(3):
        site.post.save_revision()
    visit(POST)
    visit("/blog/")
    assert visit.made == [POST, "/blog/"]


def test_a_change_that_is_taken_back_changes_nothing(visit: Visitors, site: SmallSite) -> None:
    before = visit(POST).body

    def fail() -> None:
        with transaction.atomic():
            BlogPostPage.objects.update(title="Never")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert visit(POST).body == before
    visit(POST)
    assert visit.made.count(POST) <= 2


def test_every_process_sees_a_change_and_a_restart_forgets_nothing(
    visit: Visitors, site: SmallSite, new_layer: Any
) -> None:
    visit(POST)
    other = new_layer()
    assert other(POST).body == visit(POST).body
    assert other.made == []  # from the shelf
    site.post.title = "On patience"
    site.post.save_revision().publish()
    assert "On patience" in other(POST).text
    assert "On patience" in visit(POST).text
    assert len(visit.made) + len(other.made) == 2


def test_while_the_database_is_gone_what_is_known_is_shown(
    visit: Visitors, site: SmallSite, monkeypatch: pytest.MonkeyPatch, new_layer: Any
) -> None:
    visit(POST)
    visit("/")
    BusinessSettings.load().save()  # so that neither would stand as it is

    def fail(*args: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr("wagtail.models.Site.find_for_request", fail)
        for process in (visit, new_layer()):
            answer = process(POST)
            assert answer.status == 200
            assert "On trust" in answer.text
            assert process("/blog/").status == 503  # never made
    site.post.unpublish()
    with monkeypatch.context() as broken:
        broken.setattr("wagtail.models.Site.find_for_request", fail)
        assert visit(POST).status == 503  # it was withdrawn, so it is not shown
    assert visit(POST).status in {404, 410}


def test_pages_are_made_anew_by_the_clock(
    visit: Visitors, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(POST)
    monkeypatch.setattr("vasite.pagecache.pages.FRESH_SECONDS", -1)
    visit(POST)
    assert visit.made == [POST, POST]


def test_a_spoilt_shelf_is_no_error(visit: Visitors, site: SmallSite, new_layer: Any) -> None:
    visit(POST)
    path = visit.layer.shelf.path((POST, ""))
    whole = path.read_bytes()
    for spoilt in (b"", whole[:100], whole[:-5], b"{}\n", b"[]\n", b'{"lengths": 3}\n', whole[50:]):
        path.write_bytes(spoilt)
        assert new_layer()(POST).status == 200


def test_the_shelf_stays_within_its_size(
    visit: Visitors, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/", "/blog/", POST):
        visit(path)
    monkeypatch.setattr("vasite.pagecache.pages.MAX_SHELF_BYTES", 1000)
    trim.call()
    files = list(visit.layer.shelf.folder.iterdir())
    assert sum(file.stat().st_size for file in files) <= 1000


def test_the_admin_is_as_it_was(visit: Visitors, site: SmallSite) -> None:
    get_user_model().objects.create_superuser("va", "va@example.com", "a password")
    answer = visit("/admin/login/")
    assert "Set-Cookie" in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
