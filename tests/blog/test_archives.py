"""A reader finds posts by subject, tag, series, year and month."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Category, Series
from newsletter.models import Campaign
from tests.blog.conftest import WritePost
from tests.conftest import SmallSite


def titles(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return re.findall(r'<h2><a href="[^"]*">(.*?)</a></h2>', answer.text)


def test_it_works(client: Client, site: SmallSite, write_post: WritePost) -> None:
    site.post.delete()
    write_post("On mail", "2026-03-31 23:30", tags=["Mail"], category="Calm week")
    write_post("On money", "2026-04-01 00:30", category="Money")
    write_post("On years", "2025-12-31 23:59", tags=["Mail"], category="Calm week")
    assert titles(client, "/blog/") == ["On money", "On mail", "On years"]
    assert titles(client, "/blog/category/calm-week/") == ["On mail", "On years"]
    assert titles(client, "/blog/tag/mail/") == ["On mail", "On years"]
    assert titles(client, "/blog/2026/") == ["On money", "On mail"]
    # By the clock in Worcester: British Summer Time, an hour before UTC says so
    assert titles(client, "/blog/2026/03/") == ["On mail"]
    assert titles(client, "/blog/2026/04/") == ["On money"]
    assert titles(client, "/blog/2025/12/") == ["On years"]
    index = client.get("/blog/").text
    assert '<a href="/blog/category/calm-week/">Calm week</a> (2)' in index
    assert '<a href="/blog/2026/">2026</a> (2)' in index


@pytest.mark.parametrize(
    "path",
    [
        "category/empty/",
        "category/none/",
        "tag/none/",
        "series/none/",
        "1999/",
        "2026/13/",
        "20260/",
    ],
)
def test_an_archive_without_posts_is_none(client: Client, site: SmallSite, path: str) -> None:
    Category.objects.create(name="Empty", slug="empty")
    assert client.get(f"/blog/{path}").status_code == 404


def test_a_draft_is_in_no_archive(client: Client, write_post: WritePost) -> None:
    post = write_post("Secret", "2026-03-01", tags=["hush"], category="Money")
    post.unpublish()
    for path in ("category/money/", "tag/hush/", "2026/03/"):
        assert client.get(f"/blog/{path}").status_code == 404
    assert "Money" not in client.get("/blog/").text


def test_an_archive_says_what_it_is(client: Client, write_post: WritePost) -> None:
    write_post("On money", "2026-04-01", category="Money")
    Category.objects.update(introduction="Prices and invoices.")
    page = client.get("/blog/category/money/").text
    assert "<title>Money – Severn Office</title>" in page
    assert '<meta name="description" content="Prices and invoices.">' in page
    assert 'rel="canonical" href="http://127.0.0.1:8000/blog/category/money/"' in page
    assert 'href="/feed/money/"' in page


NOINDEX = '<meta name="robots" content="noindex'


def test_archives_that_say_no_more_than_their_posts_are_not_offered_to_search_engines(
    client: Client, write_post: WritePost
) -> None:
    for number in range(3):
        tags = ["Mail", "Rare"] if number else ["Mail"]
        write_post(f"Post {number}", f"2026-03-0{number + 1}", tags=tags, category="Money")
    for path, is_indexed in {
        "tag/mail/": True,
        "tag/rare/": False,
        "category/money/": True,
        "2026/": False,
        "2026/03/": False,
    }.items():
        assert (NOINDEX not in client.get(f"/blog/{path}").text) is is_indexed, path
    sitemap = client.get("/sitemap.xml").text
    assert "<loc>http://127.0.0.1:8000/blog/category/money/</loc>" in sitemap
    assert "/blog/tag/" not in sitemap
    assert "/blog/2026/" not in sitemap


def test_archive_without_an_introduction_is_described_by_its_posts(
    client: Client, write_post: WritePost
) -> None:
    write_post("On money", "2026-04-01", tags=["Tax"], category="Money")
    write_post("On time", "2026-04-02", tags=["Tax"], category="Money")
    for path, name in {
        "category/money/": "Money",
        "tag/tax/": "Posts about Tax",
        "2026/04/": "Posts of April 2026",
    }.items():
        description = f'<meta name="description" content="{name}: On time, On money">'
        assert description in client.get(f"/blog/{path}").text


def test_a_featured_post_stays_at_the_top(client: Client, site: SmallSite, write_post) -> None:
    write_post("Start here", "2020-01-01", is_featured=True)
    assert titles(client, "/blog/") == ["Start here", "On trust"]
    assert titles(client, "/blog/2020/") == ["Start here"]


def test_a_series_is_read_in_order(client: Client, write_post: WritePost) -> None:
    series = Series.objects.create(name="First steps", slug="first-steps")
    for number, word in enumerate(["One", "Two", "Three"], 1):
        write_post(word, f"2026-01-0{number}", series=series)
    page = client.get("/blog/two/").text
    nav = page[page.index('aria-label="Series"') :].partition("</nav>")[0]
    assert re.findall(r">(One|Two|Three)<", nav) == ["One", "Two", "Three"]
    assert '<strong aria-current="page">Two</strong>' in nav
    assert titles(client, "/blog/series/first-steps/") == ["One", "Two", "Three"]


@pytest.mark.parametrize("slug", ["2026", "category", "tag", "series"])
def test_a_post_cannot_take_an_archives_address(va: Client, site: SmallSite, slug: str) -> None:
    fields = {"title": "A post", "slug": slug, "body-count": "0", "tags": "", "introduction": ""}
    url = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/"
    answer = va.post(url, fields | {"action-publish": "1"})
    assert "is the address of an archive" in answer.text


def test_lists_name_themselves_by_their_page(client: Client, write_post: WritePost) -> None:
    for number in range(12):
        write_post(f"Post {number}", "2026-01-01", category="Money")
    page = client.get("/blog/category/money/?page=2&utm_source=x").text
    assert 'rel="canonical" href="http://127.0.0.1:8000/blog/category/money/?page=2"' in page
    assert client.get("/blog/category/money/?page=3").status_code == 404


def test_search_result_of_a_later_page_says_which_it_is(
    client: Client, write_post: WritePost
) -> None:
    for number in range(22):
        write_post(f"Post {number}", "2026-01-01", category="Money")
    Category.objects.update(introduction="Prices and invoices.")
    path = "/blog/category/money/"
    pages = {number: client.get(f"{path}?page={number}").text for number in (1, 2, 3)}
    assert "<title>Money – Severn Office</title>" in pages[1]
    assert "<title>Money, page 2 – Severn Office</title>" in pages[2]
    assert "<title>Money, page 3 – Severn Office</title>" in pages[3]
    assert '<meta name="description" content="Prices and invoices.">' in pages[1]
    assert '<meta name="description" content="Page 2. Prices and invoices.">' in pages[2]
    assert 'rel="canonical" href="http://127.0.0.1:8000/blog/category/money/"' in pages[1]
    assert "<title>Blog, page 2 – Severn Office</title>" in client.get("/blog/?page=2").text


def test_links_to_the_first_page_of_a_list_are_its_address(
    client: Client, write_post: WritePost
) -> None:
    for number in range(45):
        write_post(f"Post {number}", "2026-01-01", category="Money")
    for path in ("/blog/", "/blog/2026/", "/blog/category/money/"):
        assert f'<a rel="prev" href="{path}">' in client.get(f"{path}?page=2").text
        assert f'<a rel="prev" href="{path}?page=2">' in client.get(f"{path}?page=3").text


def test_newsletter_issue_has_one_address_whatever_page_is_asked_for(
    client: Client, site: SmallSite
) -> None:
    issue = Campaign.objects.create(subject="News", status="sent", started_at=timezone.now())
    page = client.get(f"{issue.url}?page=2").text
    assert f'rel="canonical" href="{issue.url}"' in page
