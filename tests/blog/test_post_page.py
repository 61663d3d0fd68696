"""What a reader finds around a post."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from blog.models import BlogPostPage
from blog.tasks import relate_all_posts
from tests.blog.conftest import WritePost
from tests.conftest import SmallSite
from vasite.content.tasks import count_words
from vasite.home.demo.pages import paragraphs


def related(client: Client, path: str) -> list[str]:
    """The titles under "You may also like"."""
    aside = client.get(path).text.partition("You may also like")[2]
    return re.findall(r'<h3><a href="[^"]*">(.*?)</a></h3>', aside)


def heading(text: str, level: str = "2") -> tuple[str, dict[str, str]]:
    return "heading", {"text": text, "level": level}


def test_long_posts_have_a_table_of_contents(client: Client, write_post: WritePost) -> None:
    body = [heading("One"), paragraphs("a"), ("text", "<h3>Two &amp; a half</h3>"), heading("One")]
    write_post("Long", "2026-01-01", body=body)
    page = client.get("/blog/long/").text
    nav = page[page.index('class="contents"') :].partition("</nav>")[0]
    links = re.findall(r'href="#(.*?)">(.*?)<', nav)
    assert links == [
        ("h-one", "One"),
        ("h-two-a-half", "Two &amp; a half"),
        ("h-one-2", "One"),
    ]
    for anchor, _ in links:
        assert page.count(f'id="{anchor}"') == 1
    write_post("Short", "2026-01-02", body=body[:2])
    assert 'class="contents"' not in client.get("/blog/short/").text


def test_posts_lead_to_their_neighbours(client: Client, site: SmallSite, write_post) -> None:
    site.post.delete()
    for word in ("One", "Two", "Three"):
        write_post(word, "2026-01-01")  # the same moment: their order is still one and the same
    page = client.get("/blog/two/").text
    assert '<a rel="prev" href="/blog/one/">' in page
    assert '<a rel="next" href="/blog/three/">' in page
    assert 'rel="next"' not in client.get("/blog/three/").text
    assert 'rel="prev"' not in client.get("/blog/one/").text


def test_related_posts_share_tags_categories_and_words(
    client: Client, write_post: WritePost, work: Callable[[], None]
) -> None:
    post = write_post("Chasing invoices kindly", "2026-01-01", tags=["a", "b"], category="Money")
    write_post("Shares both", "2020-01-01", tags=["a", "b"], category="Money")
    write_post("Invoices by telephone", "2020-01-02")
    write_post("Shares the subject", "2020-01-03", category="Money")
    write_post("Newest, shares nothing", "2026-02-01")
    work()
    count_words.call()
    relate_all_posts.call()
    path = "/blog/chasing-invoices-kindly/"
    assert related(client, path) == ["Shares both", "Shares the subject", "Invoices by telephone"]
    BlogPostPage.objects.get(title="Shares both").unpublish()
    assert related(client, path) == ["Shares the subject", "Invoices by telephone"]
    work()
    assert related(client, path)[2] == "On trust"  # the newest of all fills up
    BlogPostPage.objects.get(title="Shares both").save_revision().publish()
    work()
    assert related(client, path)[0] == "Shares both"
    assert related(client, "/blog/shares-the-subject/")[0] == "Shares both"
    assert post.related


def test_a_post_that_shares_nothing_leads_to_the_newest(
    client: Client, site: SmallSite, write_post: WritePost
) -> None:
    for day in (1, 2, 3):
        write_post(f"New {day}", f"2026-02-0{day}")
    write_post("Alone", "2020-01-01")
    relate_all_posts.call()
    assert related(client, "/blog/alone/") == ["On trust", "New 3", "New 2"]


def test_a_post_links_to_its_subjects_and_can_be_passed_on(
    client: Client, write_post: WritePost
) -> None:
    write_post("Bread & butter", "2026-01-01", tags=["Small firms"], category="Money")
    page = client.get("/blog/bread-butter/").text
    assert '<a href="/blog/category/money/">Money</a>' in page
    assert '<a href="/blog/tag/small-firms/">#Small firms</a>' in page
    address = "http%3A%2F%2F127.0.0.1%3A8000%2Fblog%2Fbread-butter%2F"
    assert f"mailto:?subject=Bread%20%26%20butter&amp;body={address}" in page
    assert f"share-offsite/?url={address}" in page


@pytest.mark.parametrize("path", ["/blog/", "/blog/on-trust/", "/blog/category/money/", "/feed/"])
def test_more_posts_cost_no_more_queries(
    client: Client, site: SmallSite, write_post, path: str, django_assert_max_num_queries
) -> None:
    def write_posts(numbers: range) -> None:
        for number in numbers:
            write_post(f"On {number}", "2026-01-01", tags=["a", "b"], category="Money")

    site.post.tags.add("a")
    site.post.save()
    write_posts(range(12))
    relate_all_posts.call()
    client.get(path)
    with django_assert_max_num_queries(20) as few:
        assert client.get(path).status_code == 200
    write_posts(range(12, 40))
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(path)
