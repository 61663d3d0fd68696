"""Readers talk to each other under a post."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.models import Comment, CommentSettings
from newsletter.threads import url_of
from newsletter.words import as_html, initials
from tests.conftest import SmallSite

WORDS = {"name": "Priya Shah", "email": "priya@example.com", "comment": "Well said."}


def write(site: SmallSite, text: str, **fields: object) -> Comment:
    comment = Comment(
        page=site.post,
        name="Tom Reed",
        email="tom@example.com",
        comment=text,
        **({"status": "approved"} | fields),
    )
    comment.set_content(text, str(comment.parent_id))
    comment.save()
    return comment


def test_it_works(client: Client, site: SmallSite) -> None:
    question = write(site, "How long did it take?")
    page = client.get("/blog/on-trust/").text
    assert f'href="?answer={question.pk}#comment"' in page
    form = client.get(f"/blog/on-trust/?answer={question.pk}").text
    assert "Answer Tom Reed" in form
    assert f'name="parent" value="{question.pk}"' in form
    client.post(f"/comments/{site.post.pk}/", WORDS | {"parent": question.pk})
    answer = Comment.objects.get(name="Priya Shah")
    assert answer.parent == question
    Comment.objects.update(status="approved")
    client.post(
        f"/comments/{site.post.pk}/",
        WORDS | {"comment": "Thank you, a week.", "parent": answer.pk},
    )
    third = Comment.objects.get(comment="Thank you, a week.")
    assert third.parent == question, "an answer to an answer joins the thread"


def test_answer_stands_under_its_comment(client: Client, site: SmallSite) -> None:
    first = write(site, "First")
    write(site, "Second")
    write(site, "An answer to the first", parent=first, is_author=True)
    page = client.get("/blog/on-trust/").text
    assert page.index("First") < page.index("An answer to the first") < page.index("Second")
    assert "3 comments" in page
    assert page.count(">Author<") == 1
    assert ">TR</text>" in page


def test_fifty_a_page_and_the_rest_a_link_away(client: Client, site: SmallSite) -> None:
    comments = [write(site, f"Comment number {number:03}") for number in range(120)]
    first = client.get("/blog/on-trust/").text
    assert "Comment number 049" in first
    assert "Comment number 050" not in first
    assert 'href="?comments=2#comments"' in first
    last = client.get("/blog/on-trust/?comments=3").text
    assert "Comment number 119" in last
    assert '"commentCount": 120' in last or '"commentCount":120' in last
    assert "Comment number 000" not in last, "nothing is claimed that the page does not show"
    assert url_of(comments[119]) == f"/blog/on-trust/?comments=3#comment-{comments[119].pk}"
    assert url_of(comments[3]) == f"/blog/on-trust/#comment-{comments[3].pk}"
    for wrong in ("4", "0", "1", "x", "9" * 40):
        assert client.get(f"/blog/on-trust/?comments={wrong}").status_code == 404, wrong
    canonical = re.search(r'rel="canonical" href="([^"]+)"', last)
    assert canonical
    assert canonical[1].endswith("/blog/on-trust/")


def test_newest_first_where_she_wants_it(client: Client, site: SmallSite) -> None:
    settings = CommentSettings.load()
    settings.newest_first = True
    settings.save()
    write(site, "The first of all")
    write(site, "Then this one")
    page = client.get("/blog/on-trust/").text
    assert page.index("Then this one") < page.index("The first of all")


def test_a_thousand_comments_cost_at_most_three_queries_more(
    client: Client, site: SmallSite
) -> None:
    def count() -> int:
        client.get("/blog/on-trust/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/blog/on-trust/")
        return len(queries)

    none = count()
    parents = [write(site, f"Thread {number}") for number in range(50)]
    for number in range(950):
        write(site, f"Answer {number}", parent=parents[number % 50])
    assert count() <= none + 3


@pytest.mark.parametrize(
    ("site_wide", "of_post", "has_form", "is_shown"),
    [
        ({}, "", True, True),
        ({"state": "closed"}, "", False, True),
        ({"state": "closed"}, "open", True, True),
        ({"state": "off"}, "", False, False),
        ({}, "off", False, False),
        ({"close_after_days": 30}, "", False, True),
        ({"close_after_days": 30}, "open", True, True),
        ({"close_after_days": 60}, "", True, True),
    ],
)
def test_she_says_where_readers_may_write(
    client: Client,
    site: SmallSite,
    site_wide: dict[str, object],
    of_post: str,
    has_form: bool,
    is_shown: bool,
) -> None:
    settings = CommentSettings.load()
    for name, value in site_wide.items():
        setattr(settings, name, value)
    settings.save()
    write(site, "Already here")
    site.post.commenting = of_post
    site.post.first_published_at = timezone.now() - timedelta(days=45)
    site.post.save()
    page = client.get("/blog/on-trust/").text
    assert ('id="comment"' in page) is has_form
    assert ("Already here" in page) is is_shown
    answer = client.post(f"/comments/{site.post.pk}/", WORDS)
    assert answer.status_code == (303 if has_form else 422)
    if is_shown and not has_form:
        assert "Comments on this post are closed" in page
        assert "Well said." in answer.text, "what was typed comes back"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\n\nTwo\nthree", "<p>One</p>\n\n<p>Two<br>three</p>"),
        (
            "See https://example.com/a?b=1&c=2.",
            '<p>See <a href="https://example.com/a?b=1&amp;c=2" rel="ugc nofollow noopener">'
            "https://example.com/a?b=1&amp;c=2</a>.</p>",
        ),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
    ],
)
def test_plain_text_becomes_paragraphs_and_links(text: str, html: str) -> None:
    assert as_html(text) == html


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    'https://example.com/"onmouseover="alert(1)',
    "https://example.com/'><script>alert(1)</script>",
    "http://example.com/<svg/onload=alert(1)>",
    'www.example.com"><img src=x onerror=alert(1)>',
    'a@b.com"onclick=alert(1)//',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<<script>script>alert(1)<</script>/script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "http://javascript:alert(1)//@example.com",
    "data:text/html,<script>alert(1)</script>",
    "\u202e<b>x</b>\u202c",
    "<style>@import'http://example.com/x'</style>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "https://example.com/`onload=alert(1)",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_a_reader_writes_becomes_markup(payload: str) -> None:
    html = str(as_html(payload))
    tags = re.findall(r"<[^>]*>", html)
    allowed = re.compile(
        r'</?p>|<br>|</a>|<a href="(https?://|mailto:)[^"<>]*" rel="ugc nofollow noopener">'
    )
    assert all(allowed.fullmatch(tag) for tag in tags), html


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Priya Shah", "PS"),
        ("tom", "T"),
        ("Anna Maria de la Cruz", "AC"),
        ("山田 太郎", "山太"),
        ("!!!", "?"),
        ("ß", "SS"),
    ],
)
def test_initials_stand_for_a_picture(name: str, letters: str) -> None:
    assert initials(name) == letters
