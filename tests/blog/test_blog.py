"""Prospects read the blog; the VA's post is public at once."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from blog.models import BlogPostPage
from services.models import ServicePage
from tests.conftest import SmallSite
from vasite.content.models import SiteImage
from vasite.home.demo.pages import paragraphs


def add_posts(site: SmallSite, count: int) -> None:
    for number in range(count):
        site.blog.add_child(
            instance=BlogPostPage(title=f"Post {number}", body=[paragraphs("Some words.")])
        )


def test_it_works(client: Client, site: SmallSite) -> None:
    page = client.get("/blog/on-trust/")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert "<title>On trust – Severn Office</title>" in page.text
    assert '<link rel="canonical" href="http://' in page.text
    assert "1 min read" in page.text


def test_long_lists_are_shown_in_pages(client: Client, site: SmallSite) -> None:
    add_posts(site, 11)
    assert 'href="/blog/?page=2"' in client.get("/blog/").text
    assert client.get("/blog/?page=2").status_code == 200
    for number in ("3", "0", "x"):
        assert client.get(f"/blog/?page={number}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/blog/", "/feed/"])
def test_more_posts_cost_no_more_queries(
    client: Client, site: SmallSite, path: str, django_assert_max_num_queries
) -> None:
    add_posts(site, 2)
    client.get(path)
    with django_assert_max_num_queries(100) as few:
        client.get(path)
    add_posts(site, 30)
    with django_assert_max_num_queries(len(few.captured_queries) + 1):
        client.get(path)


def test_published_is_public_at_once_and_unpublished_is_gone(
    client: Client, site: SmallSite
) -> None:
    site.post.unpublish()
    assert client.get("/blog/on-trust/").status_code == 404
    site.post.save_revision().publish()
    for path in ("/blog/on-trust/", "/blog/", "/", "/feed/"):
        assert "On trust" in client.get(path).text


@pytest.mark.parametrize("place", ["post", "blog"])
def test_a_private_page_and_what_is_below_it_is_in_no_list(
    client: Client, site: SmallSite, place: str
) -> None:
    PageViewRestriction.objects.create(
        page=getattr(site, place), restriction_type="password", password="open sesame"
    )
    assert "On trust" not in client.get("/").text
    assert "On trust" not in client.get("/feed/").text
    assert "Words about trust" not in client.get("/blog/on-trust/").text
    assert (">Blog</a>" in client.get("/").text) is (place == "post")


def test_a_scheduled_post_appears_when_its_time_comes(client: Client, site: SmallSite) -> None:
    post = site.blog.add_child(instance=BlogPostPage(title="Later", live=False))
    post.go_live_at = timezone.now() + timedelta(hours=1)
    post.save_revision(approved_go_live_at=post.go_live_at)
    post.save()
    call_command("publish_scheduled", verbosity=0)
    assert client.get("/blog/later/").status_code == 404
    with time_machine.travel(post.go_live_at + timedelta(minutes=1)):
        call_command("publish_scheduled", verbosity=0)
    assert client.get("/blog/later/").status_code == 200


def test_feed_holds_whole_posts_with_absolute_addresses(client: Client, site: SmallSite) -> None:
    feed = ElementTree.fromstring(client.get("/feed/").content)  # noqa: S314 - our own
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.findtext("a:entry/a:title", namespaces=atom) == "On trust"
    assert "Words about trust." in (feed.findtext("a:entry/a:summary", namespaces=atom) or "")


def test_a_post_without_introduction_or_picture_shows_its_own(
    client: Client, site: SmallSite, image: SiteImage
) -> None:
    body = [
        paragraphs("Two hundred mails waited on Monday.", "By Friday there were none."),
        ("picture", {"picture": image, "caption": ""}),
    ]
    site.blog.add_child(instance=BlogPostPage(title="Plain", body=body))
    for path in ("/", "/blog/", "/blog/plain/"):
        page = client.get(path).text
        assert "Two hundred mails waited on Monday. By Friday there were none." in page
        assert image.file.url in page


def test_headings_of_the_same_words_have_addresses_of_their_own(
    client: Client, site: SmallSite
) -> None:
    site.post.body = [
        ("heading", {"text": "Prices", "level": "2"}),
        ("text", '<h2 data-block-key="a1b2c">Prices</h2><p data-block-key="f">\xa0</p>'),
        ("text", "<p>Low</p><h3>Pr<b>ic</b>es</h3>"),
        ("heading", {"text": "Prices 2", "level": "2"}),
        ("heading", {"text": "???", "level": "3"}),
    ]
    site.post.save()
    page = client.get("/blog/on-trust/").text
    anchors = re.findall(r'<h[23] id="(h-.*?)"', page)
    assert "<p>\xa0</p>" not in page  # an empty line of the word processor
    assert anchors == ["h-prices", "h-prices-2", "h-prices-3", "h-prices-2-2", "h-part"]


def test_a_post_is_one_click_away(va: Client, site: SmallSite) -> None:
    dashboard = va.get("/admin/").text
    assert "Severn Office" in dashboard
    assert 'href="/admin/posts/choose_parent/"' in dashboard
    editor = va.get("/admin/posts/choose_parent/", follow=True)
    assert editor.redirect_chain[-1][0].startswith("/admin/pages/add/blog/blogpostpage/")
    assert "On trust" in va.get("/admin/posts/").text
    assert "Inbox" in va.get("/admin/services/").text


def test_the_va_writes_a_post_in_the_admin(va: Client, site: SmallSite) -> None:
    url = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/"
    assert va.get(url).status_code == 200
    va.post(
        url,
        {
            "title": "A new post",
            "slug": "a-new-post",
            "introduction": "Why it matters",
            "body-count": "1",
            "body-0-deleted": "",
            "body-0-order": "0",
            "body-0-type": "heading",
            "body-0-id": "",
            "body-0-value-text": "First of all",
            "body-0-value-level": "2",
            "tags": "",
            "action-publish": "action-publish",
        },
    )
    page = Client().get("/blog/a-new-post/").text
    assert '<h2 id="h-first-of-all">First of all</h2>' in page
    assert "A new post" in Client().get("/").text


def test_editors_cannot_build_nonsense(site: SmallSite) -> None:
    assert BlogPostPage.can_create_at(site.blog)
    assert not BlogPostPage.can_create_at(site.home)
    assert not ServicePage.can_create_at(site.blog)
    assert not type(site.contact).can_create_at(site.home)  # there is one already
