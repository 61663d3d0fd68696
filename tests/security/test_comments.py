"""No stranger publishes anything, or has emails sent, by typing somebody else's address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from newsletter.models import AuthorRule, Comment, Follow, Subscriber
from tests.conftest import SmallSite
from tests.security.conftest import solve
from vasite.mail.models import OutgoingMail


@pytest.mark.parametrize(
    "email", ["trusted@example.com", "TRUSTED@Example.com", " trusted@example.com "]
)
def test_a_stranger_who_types_a_trusted_authors_address_publishes_nothing(
    site: SmallSite, client: Client, email: str
) -> None:
    AuthorRule.objects.create(email_key="trusted@example.com", rule="trusted")
    fields = {"name": "Ann", "email": email, "comment": "Buy my things.", "altcha": solve()}
    assert client.post(f"/comments/{site.post.pk}/", fields).status_code == 303
    assert Comment.objects.get().status == "waiting"
    assert "Buy my things." not in client.get("/blog/on-trust/").text


def test_a_trusted_authors_comment_that_looks_like_spam_still_waits_to_be_read(
    site: SmallSite, client: Client
) -> None:
    AuthorRule.objects.create(email_key="trusted@example.com", rule="trusted")
    fields = {
        "name": "Ann",
        "email": "trusted@example.com",
        "comment": "We guarantee page one rankings on Google with affordable SEO packages and "
        "high quality backlinks. Order today https://rankpro.xyz",
    }
    client.post(f"/comments/{site.post.pk}/", fields)
    comment = Comment.objects.get()
    assert (comment.verdict, comment.status) == ("spam", "waiting")


def test_a_trusted_author_is_published_by_the_owner_alone(site: SmallSite, va: Client) -> None:
    AuthorRule.objects.create(email_key="trusted@example.com", rule="trusted")
    fields = {"name": "Ann", "email": "trusted@example.com", "comment": "Well said."}
    Client().post(f"/comments/{site.post.pk}/", fields)
    assert OutgoingMail.objects.get().recipients == ["owner@example.com"]
    va.post(f"/admin/comments/{Comment.objects.get().pk}/decide/", {"status": "approved"})
    assert "Well said." in Client().get("/blog/on-trust/").text


def test_a_stranger_cannot_sign_a_subscriber_up_for_the_replies_to_a_comment(
    site: SmallSite, va: Client, work: Callable[[], None]
) -> None:
    Subscriber.objects.create(
        email="ann@example.com", email_key="ann@example.com", status="confirmed"
    )
    fields = {"name": "Ann", "email": "ann@example.com", "comment": "Hm.", "wants_answers": "on"}
    Client().post(f"/comments/{site.post.pk}/", fields)
    comment = Comment.objects.get()
    va.post(f"/admin/comments/{comment.pk}/decide/", {"do": "answer", "answer": "Thank you!"})
    work()
    assert Follow.objects.get().confirmed_at is None
    assert not OutgoingMail.objects.filter(subject__startswith="An answer to you").exists()
