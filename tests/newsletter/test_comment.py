"""A reader comments; the VA decides."""

import re

import pytest
from django.test import Client

from newsletter.models import Comment
from tests.conftest import SmallSite
from tests.refusing import refused
from vasite.mail.models import OutgoingMail

WORDS = {"name": "Priya", "email": "priya@example.com", "comment": "Well said."}


def send(client: Client, site: SmallSite, **changes: str):
    return client.post(f"/comments/{site.post.pk}/", WORDS | changes)


def test_it_works(client: Client, va: Client, site: SmallSite) -> None:
    answer = send(Client(), site)
    assert answer.status_code == 303
    assert answer["Location"] == "/blog/on-trust/#comment-received"
    comment = Comment.objects.get()
    assert "Well said." not in client.get("/blog/on-trust/").text
    assert "Comments (1)" in va.get("/admin/").text
    query = f"?id={comment.pk}"
    url = f"/admin/bulk/newsletter/comment/approve/{query}"
    assert "Approve" in va.get(url).text
    va.post(url)
    page = Client().get("/blog/on-trust/").text
    assert "Well said." in page
    assert "priya@example.com" not in page
    assert OutgoingMail.objects.get().recipients == ["owner@example.com"]


@pytest.mark.parametrize(
    ("action", "status"),
    [("approve", "approved"), ("reject", "rejected"), ("mark_comment_spam", "spam")],
)
def test_va_decides_on_many_at_once(va: Client, site: SmallSite, action: str, status: str) -> None:
    for number in range(3):
        send(Client(), site, comment=f"Comment {number}")
    ids = "&".join(f"id={comment.pk}" for comment in Comment.objects.all())
    va.post(f"/admin/bulk/newsletter/comment/{action}/?{ids}")
    assert set(Comment.objects.values_list("status", flat=True)) == {status}


def test_oldest_comment_comes_first(client: Client, site: SmallSite) -> None:
    for text in ("First of all", "Then this"):
        send(client, site, comment=text)
    Comment.objects.update(status="approved")
    page = client.get("/blog/on-trust/").text
    assert page.index("First of all") < page.index("Then this")


def test_reader_gets_the_form_back_with_the_fault(client: Client, site: SmallSite) -> None:
    answer = send(client, site, email="nonsense")
    assert answer.status_code == 422
    assert "On trust" in answer.text
    assert "Well said." in answer.text
    assert "Write the address in full" in answer.text


def test_reader_whose_comment_is_refused_still_sees_where_the_post_is(
    client: Client, site: SmallSite
) -> None:
    trail = re.compile('<nav class="breadcrumbs".*?</nav>', re.DOTALL)
    shown = trail.findall(client.get("/blog/on-trust/").text)
    assert 'href="/blog/"' in shown[0]
    refused = send(client, site, email="nonsense").text
    assert trail.findall(refused) == shown
    assert "<title>Error: On trust – " in refused
    too_long = send(client, site, name="x" * 81, comment="x" * 3001).text
    assert "Your name must be 80 characters or fewer (it has 81)." in too_long
    assert "Your comment must be 3,000 characters or fewer (it has 3,001)." in too_long


def test_markup_in_a_comment_is_shown_as_text(client: Client, site: SmallSite) -> None:
    send(client, site, comment="<script>alert(1)</script>", name="<b>Me</b>")
    Comment.objects.update(status="approved")
    page = client.get("/blog/on-trust/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_reload_stores_it_once(client: Client, site: SmallSite) -> None:
    send(client, site)
    send(client, site)
    assert Comment.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_reader_is_not_thanked_for_a_comment_that_could_not_be_stored(
    client: Client, site: SmallSite
) -> None:
    client.raise_request_exception = False
    with refused(OutgoingMail):
        assert send(client, site).status_code == 500
    assert not Comment.objects.exists()


def test_a_draft_takes_no_comment(client: Client, site: SmallSite) -> None:
    site.post.unpublish()
    assert send(client, site).status_code == 404
