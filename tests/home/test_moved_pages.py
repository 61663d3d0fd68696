"""The owner renames and deletes pages; nothing links to where they were."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import feedparser
import pytest
from django.conf import settings
from django.test import Client
from wagtail.models import Page

from newsletter.composing import Personal, compose
from newsletter.models import Campaign, Subscriber
from newsletter.tokens import signed_url
from tests.conftest import SmallSite
from tests.seo.schema import graph_of
from vasite.business.models import BusinessSettings
from vasite.home.models import StandardPage

LINK = re.compile(r'(?:href|action)="([^"#?]*)')


@pytest.fixture
def about(site: SmallSite) -> StandardPage:
    page = site.home.add_child(instance=StandardPage(title="About", slug="about"))
    BusinessSettings.objects.update(about_page=page)
    return page


def rename(page: Page) -> None:
    page.refresh_from_db()
    page.slug = f"my-{page.slug}"
    page.save_revision().publish()


def delete(page: Page) -> None:
    Page.objects.get(pk=page.pk).delete()


@pytest.fixture(params=[rename, delete])
def changed(request: pytest.FixtureRequest, site: SmallSite, about: StandardPage) -> str:
    """What became of all pages below the home page but its services."""
    for page in (site.blog, site.contact, site.newsletter, about):
        request.param(page)
    return request.param.__name__


def dead_links(client: Client, html: str) -> set[str]:
    """The links to this site that don't lead to a page at once."""
    paths = {unescape(link).removeprefix(settings.SITE_URL) for link in LINK.findall(html)}
    own = {path for path in paths if re.match(r"/(?!static|media|admin|newsletter/subscr)", path)}
    return {path for path in own if client.get(path).status_code != 200}


def test_a_visitor_meets_no_dead_link(client: Client, site: SmallSite, changed: str) -> None:
    reader = Subscriber.objects.create(email="ann@example.com", status="confirmed")
    paths = [
        "/",
        "/services/",
        "/services/inbox/",
        "/nowhere/",
        "/search/?q=nothing-of-the-kind",
        "/newsletter/confirm/damaged/",
        "/comments/unfollow/damaged/",
        reader.unsubscribe_url,
        signed_url("unfollow", 999),
        signed_url("confirm", reader.confirm_key),
    ]
    for path in paths:
        html = client.get(path.removeprefix(settings.SITE_URL)).text
        assert "<h1>" in html
        assert dead_links(client, html) == set(), path
    client.post(reader.unsubscribe_url)
    assert dead_links(client, client.get(reader.unsubscribe_url).text) == set()


def test_a_page_not_found_leads_to_the_menu_and_the_contact_page(
    client: Client, site: SmallSite
) -> None:
    rename(site.blog)
    rename(site.contact)
    links = LINK.findall(client.get("/nowhere/").text)
    assert {"/services/", "/my-blog/", "/my-contact/"} <= set(links)
    assert "/my-newsletter/" not in links
    assert not {"/blog/", "/contact/"} & set(links)


def test_a_reader_of_a_letter_meets_no_dead_link(
    client: Client, site: SmallSite, changed: str
) -> None:
    call = {"heading": "Ask me", "text": "", "button": "Write to me", "page": None}
    letter = Campaign.objects.create(
        subject="Spring", body=[("call_to_action", call)], is_public=True, status="sent"
    )
    html = Personal(None, "there").fill_html(compose(letter).html)
    assert dead_links(client, html) == set()
    assert ("Write to me" in html) is (changed == "rename")
    assert ("Read it on the website" in html) is (changed == "rename")


@pytest.mark.parametrize("path", ["/feed/", "/newsletter/feed/"])
def test_a_feed_leads_to_where_its_page_is(
    client: Client, site: SmallSite, changed: str, path: str
) -> None:
    Campaign.objects.create(subject="Spring", is_public=True, status="sent")
    feed = feedparser.parse(client.get(path).content)
    links = [feed.feed.links[0].href, *(entry.link for entry in feed.entries)]
    assert len(links) == (2 if changed == "rename" else 1)
    for link in links:
        assert client.get(link.removeprefix(settings.SITE_URL)).status_code == 200, link


@pytest.mark.parametrize(
    ("change", "url"),
    [(rename, f"{settings.SITE_URL}/my-about/"), (delete, None), (Page.unpublish, None)],
)
def test_search_engines_find_the_owner_where_the_page_about_them_is(
    client: Client,
    site: SmallSite,
    about: StandardPage,
    change: Callable[[Page], None],
    url: str | None,
) -> None:
    change(about)
    (business,) = [node for node in graph_of(client.get("/").text) if "founder" in node]
    assert business["founder"].get("url") == url


def test_the_page_about_the_owner_is_one_whatever_its_address(
    client: Client, site: SmallSite, about: StandardPage
) -> None:
    rename(about)
    assert "AboutPage" in [node["@type"] for node in graph_of(client.get("/my-about/").text)]
