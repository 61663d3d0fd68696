"""A reader follows the blog in a feed reader."""

from html import unescape

import feedparser
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.blog.conftest import WritePost
from tests.conftest import SmallSite
from vasite.content.models import SiteImage


def read(client: Client, path: str = "/feed/") -> feedparser.FeedParserDict:
    answer = client.get(path)
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def test_it_works(client: Client, site: SmallSite, write_post: WritePost, image: SiteImage) -> None:
    image.contextual_alt_text, image.decorative = "A desk", False
    body = [
        ("text", '<p>Read <a href="/about/">this</a> &amp; that.</p>'),
        ("text", '<p>See <a href="#h-end">below</a>.</p>'),
        ("picture", {"picture": image, "caption": "A desk"}),
    ]
    write_post(
        "Bread & <butter>", "2026-02-01", body=body, category="Money", introduction="R&D <x>"
    )
    feed = read(client)
    assert feed.version == "atom10"
    assert feed.feed.title == "Severn Office"
    assert feed.feed.links[0].href == "http://127.0.0.1:8000/blog/"
    own, entry = feed.entries
    assert own.title == "On trust"
    assert entry.title == "Bread & <butter>"
    assert entry.link == "http://127.0.0.1:8000/blog/bread-butter/"
    assert unescape(entry.summary) == "R&D <x>"
    assert [tag.term for tag in entry.tags] == ["Money"]
    assert entry.published.startswith("2026-02-01T00:00:00")
    (content,) = entry.content
    assert '<a href="http://127.0.0.1:8000/about/">this</a> &amp; that.' in content.value
    assert f'<a href="{entry.link}#h-end">below</a>' in content.value
    assert f'src="http://127.0.0.1:8000{image.file.url}"' in content.value
    assert 'alt="A desk"' in content.value
    assert "srcset" not in content.value
    assert '="/' not in content.value


def test_a_category_has_a_feed_of_its_own(client: Client, write_post: WritePost) -> None:
    write_post("On money", "2026-02-01", category="Money")
    feed = read(client, "/feed/money/")
    assert [entry.title for entry in feed.entries] == ["On money"]
    assert feed.feed.title == "Money – Severn Office"
    assert client.get("/feed/none/").status_code == 404


def test_an_unchanged_feed_is_not_sent_again(
    client: Client, site: SmallSite, write_post: WritePost
) -> None:
    first = client.get("/feed/")
    for condition in (
        {"If-None-Match": first["ETag"]},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        answer = client.get("/feed/", headers=condition)
        assert (answer.status_code, answer.content) == (304, b"")
    site.post.title = "On trust, again"
    site.post.save_revision().publish()
    answer = client.get("/feed/", headers={"If-None-Match": first["ETag"]})
    assert answer.status_code == 200
    updated = feedparser.parse(answer.content).entries[0].updated_parsed
    site.post.refresh_from_db()
    assert updated[:5] == site.post.last_published_at.utctimetuple()[:5]


def test_a_post_that_moved_is_not_new_to_whoever_has_read_it(
    client: Client, site: SmallSite
) -> None:
    (before,) = read(client).entries
    site.post.slug = "on-faith"
    site.post.save_revision().publish()
    (after,) = read(client).entries
    assert after.link.endswith("/blog/on-faith/")
    assert after.id == before.id


def test_every_page_names_the_feed(client: Client, site: SmallSite) -> None:
    for path in ("/", "/blog/", "/contact/", "/blog/on-trust/"):
        page = client.get(path).text
        assert '<link rel="alternate" type="application/atom+xml" href="/feed/"' in page


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
)
@pytest.mark.django_db
def test_a_feed_parses_whatever_stands_in_it(client: Client, site: SmallSite, title: str) -> None:
    site.post.title = title[:200]
    site.post.introduction = title[:300]
    site.post.body = [("hint", {"text": title})]
    site.post.save(clean=False)
    feed = read(client)
    assert len(feed.entries) == 1
