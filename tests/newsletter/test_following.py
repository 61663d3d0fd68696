"""A reader is told by mail when somebody answers: after asking, confirming, and until it is off."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from newsletter.models import AuthorRule, Comment, Follow, Subscriber
from newsletter.tasks import follow_up
from tests.conftest import SmallSite
from vasite.mail.models import OutgoingMail

Work = Callable[[], None]
Change = Callable[[SmallSite], None]


def write(site: SmallSite, name: str, **changes: object) -> Comment:
    """A reader's comment, as it waits for the VA."""
    fields = {"name": name, "email": f"{name.lower()}@example.com", "comment": f"{name} thinks so."}
    Client().post(f"/comments/{site.post.pk}/", fields | changes)
    return Comment.objects.order_by("pk").last()


def approve(va: Client, comment: Comment) -> None:
    va.post(f"/admin/comments/{comment.pk}/decide/", {"status": "approved"})


def mails_to(name: str) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(recipients=[f"{name.lower()}@example.com"]))


def link(mail: OutgoingMail, purpose: str) -> str:
    found = re.search(rf"/comments/{purpose}/\S+", mail.text)
    assert found, mail.text
    return found[0]


@pytest.fixture
def followed(site: SmallSite, va: Client, work: Work) -> Comment:
    """Hannah's approved comment, whose answers she confirmed to want."""
    comment = write(site, "Hannah", wants_answers="on")
    approve(va, comment)
    work()
    Client().post(link(mails_to("Hannah")[0], "follow"))
    OutgoingMail.objects.all().delete()
    return comment


def test_reader_is_asked_once_approved_confirms_and_is_told(
    site: SmallSite, va: Client, work: Work
) -> None:
    comment = write(site, "Hannah", wants_answers="on")
    work()
    assert not mails_to("Hannah")  # nothing goes to an address before the VA read the comment
    approve(va, comment)
    work()
    (asked,) = mails_to("Hannah")
    assert "Your comment is public" in asked.text
    address = link(asked, "follow")
    approve(va, write(site, "Piotr", parent=comment.pk))
    work()
    assert len(mails_to("Hannah")) == 1  # asked, not yet confirmed

    assert "Yes, tell me" in Client().get(address).text
    assert Follow.objects.get().confirmed_at is None  # a scanner that follows links confirms not
    assert Client().post(address).status_code == 303
    assert "All set" in Client().get(address).text
    answer = write(site, "Maria", parent=comment.pk)
    approve(va, answer)
    work()
    told = mails_to("Hannah")[0]
    assert told.subject == "An answer to you: On trust"
    assert "> Maria thinks so." in told.text
    assert f"/blog/on-trust/#comment-{answer.pk}" in told.text
    assert not mails_to("Maria")  # she did not ask


def test_a_subscriber_whose_address_somebody_typed_is_asked_before_any_other_email(
    site: SmallSite, va: Client, work: Work
) -> None:
    Subscriber.objects.create(
        email="hannah@example.com", email_key="hannah@example.com", status="confirmed"
    )
    comment = write(site, "Hannah", wants_answers="on")
    approve(va, comment)
    va.post(f"/admin/comments/{comment.pk}/decide/", {"do": "answer", "answer": "Thank you!"})
    work()
    (asked,) = mails_to("Hannah")
    assert "Your comment is public" in asked.text


def test_nobody_is_told_twice_or_of_their_own_words(
    site: SmallSite, va: Client, work: Work, followed: Comment
) -> None:
    approve(va, write(site, "Hannah", parent=followed.pk, comment="And another thing."))
    answer = write(site, "Piotr", parent=followed.pk)
    for status in ("approved", "rejected", "approved"):
        va.post(f"/admin/comments/{answer.pk}/decide/", {"status": status})
        work()
    assert len(mails_to("Hannah")) == 1


def test_what_waits_or_is_spam_tells_nobody(
    site: SmallSite, va: Client, work: Work, followed: Comment
) -> None:
    write(site, "Piotr", parent=followed.pk)
    AuthorRule.objects.create(email_key="maria@example.com", rule="blocked")
    write(site, "Maria", parent=followed.pk)
    work()
    assert not mails_to("Hannah")


def test_another_thread_is_none_of_theirs(
    site: SmallSite, va: Client, work: Work, followed: Comment
) -> None:
    approve(va, write(site, "Piotr"))
    work()
    assert not mails_to("Hannah")


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}])
def test_one_click_ends_it(
    site: SmallSite, va: Client, work: Work, followed: Comment, body: dict[str, str]
) -> None:
    approve(va, write(site, "Piotr", parent=followed.pk))
    work()
    (told,) = mails_to("Hannah")
    address = link(told, "unfollow")
    assert told.headers["List-Unsubscribe"].endswith(f"{address}>")
    assert told.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Stop these" in Client().get(address).text
    assert Follow.objects.count() == 1  # a link that is followed ends nothing
    headers = {"Sec-Fetch-Site": "cross-site"}  # the mail provider posts it
    assert "No more mails" in Client().post(address, body, headers=headers).text
    assert "No more mails" in Client().get(address).text
    approve(va, write(site, "Maria", parent=followed.pk))
    work()
    assert len(mails_to("Hannah")) == 1


def test_all_can_be_ended_at_once_and_consent_is_asked_anew(
    site: SmallSite, va: Client, work: Work, followed: Comment
) -> None:
    approve(va, write(site, "Hannah", comment="A second thread.", wants_answers="on"))
    work()
    Client().post(link(mails_to("Hannah")[0], "follow"))
    assert Follow.objects.filter(confirmed_at__isnull=False).count() == 2
    Client().post(link_to_end(), {"all": "1"})
    assert not Follow.objects.exists()
    approve(va, write(site, "Hannah", comment="A third.", wants_answers="on"))
    work()
    assert "Your comment is public" in mails_to("Hannah")[0].text


def test_a_reader_who_stopped_one_thread_in_another_window_stops_all(
    site: SmallSite, va: Client, work: Work, followed: Comment
) -> None:
    approve(va, write(site, "Hannah", comment="A second thread.", wants_answers="on"))
    approve(va, write(site, "Piotr", comment="His own.", wants_answers="on"))
    work()
    address = link_to_end()
    button = re.search(r'name="all" value="([^"]+)"', Client().get(address).text)
    assert button
    Client().post(address)
    assert Follow.objects.filter(email="hannah@example.com").exists()
    Client().post(address, {"all": "forged"})
    assert Follow.objects.filter(email="hannah@example.com").exists()
    Client().post(address, {"all": button[1]})
    assert Follow.objects.get().email == "piotr@example.com"


def link_to_end() -> str:
    return Follow.objects.first().end_url.removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize("purpose", ["follow", "unfollow"])
def test_a_forged_link_does_nothing(site: SmallSite, followed: Comment, purpose: str) -> None:
    assert Client().post(f"/comments/{purpose}/forged/").status_code == 404
    assert Follow.objects.count() == 1


def test_a_link_to_confirm_ends_after_a_month(site: SmallSite, va: Client, work: Work) -> None:
    approve(va, write(site, "Hannah", wants_answers="on"))
    work()
    address = link(mails_to("Hannah")[0], "follow")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert Client().post(address).status_code == 404
    assert Follow.objects.get().confirmed_at is None


def test_nobody_is_asked_about_a_comment_that_was_taken_down(
    site: SmallSite, va: Client, work: Work
) -> None:
    comment = write(site, "Hannah", wants_answers="on")
    approve(va, comment)
    work()
    (asked,) = mails_to("Hannah")
    assert asked.is_needed
    va.post(f"/admin/comments/{comment.pk}/decide/", {"status": "spam"})
    assert not OutgoingMail.objects.get(pk=asked.pk).is_needed


def make_private(site: SmallSite) -> None:
    PageViewRestriction.objects.create(
        page=site.post, restriction_type="password", password="swordfish"
    )


def make_public(site: SmallSite) -> None:
    PageViewRestriction.objects.all().delete()


def unpublish(site: SmallSite) -> None:
    site.post.unpublish()


def publish(site: SmallSite) -> None:
    site.post.save_revision().publish()


def turn_comments_off(site: SmallSite) -> None:
    site.post.commenting = "off"
    site.post.save()


def turn_comments_on(site: SmallSite) -> None:
    site.post.commenting = ""
    site.post.save()


HIDDEN = [
    pytest.param(make_private, make_public, id="private"),
    pytest.param(unpublish, publish, id="unpublished"),
    pytest.param(turn_comments_off, turn_comments_on, id="no comments"),
]


@pytest.mark.parametrize(("hide", "show"), HIDDEN)
def test_follower_is_told_of_nothing_that_was_hidden_until_it_is_public_again(
    site: SmallSite, va: Client, work: Work, followed: Comment, hide: Change, show: Change
) -> None:
    answer = write(site, "Piotr", parent=followed.pk)
    asking = write(site, "Maria", wants_answers="on")
    hide(site)
    approve(va, answer)
    approve(va, asking)
    work()
    assert not mails_to("Hannah")
    assert not mails_to("Maria")
    show(site)
    follow_up.enqueue()
    work()
    assert "> Piotr thinks so." in mails_to("Hannah")[0].text
    assert "Your comment is public" in mails_to("Maria")[0].text


@pytest.mark.parametrize(("hide", "show"), HIDDEN)
def test_email_of_a_reply_that_waits_is_not_sent_once_its_post_is_hidden(
    site: SmallSite, va: Client, work: Work, followed: Comment, hide: Change, show: Change
) -> None:
    approve(va, write(site, "Piotr", parent=followed.pk))
    approve(va, write(site, "Maria", wants_answers="on"))
    work()
    waiting = OutgoingMail.objects.filter(purpose__in=["reply", "confirm"])
    assert [mail.is_needed for mail in waiting] == [True, True]
    hide(site)
    assert [mail.is_needed for mail in waiting.all()] == [False, False]
    assert Follow.objects.filter(confirmed_at__isnull=False).count() == 1
