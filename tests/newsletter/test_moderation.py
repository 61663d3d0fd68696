"""The VA decides on comments: in the admin, by keyboard, and from the notice in her mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from newsletter.models import AuthorRule, Comment
from tests.conftest import SmallSite
from vasite.forms.models import ReplyDraft
from vasite.mail.models import OutgoingMail

WORDS = {"name": "Priya", "email": "priya@example.com", "comment": "Well said."}


@pytest.fixture
def comment(client: Client, site: SmallSite) -> Comment:
    Client().post(f"/comments/{site.post.pk}/", WORDS)
    return Comment.objects.get()


def decide(va: Client, comment: Comment, **fields: str):
    return va.post(f"/admin/comments/{comment.pk}/decide/", fields, follow=True)


def test_it_works(va: Client, comment: Comment) -> None:
    waiting = va.get("/admin/comments/").text
    assert "Well said." in waiting
    assert "Waiting (1)" in waiting
    assert "Looks real; Sent without JavaScript" in waiting
    page = decide(va, comment, status="approved").text
    assert "Comment by Priya: approved." in page
    assert "Waiting (0)" in page
    assert "Well said." in Client().get("/blog/on-trust/").text
    token = token_of_undo(page)
    assert "Undone." in va.post("/admin/comments/undo/", {"earlier": token}, follow=True).text
    comment.refresh_from_db()
    assert comment.status == "waiting"


@pytest.mark.parametrize("status", ["approved", "spam", "rejected", "waiting"])
def test_each_tab_shows_its_own(va: Client, comment: Comment, status: str) -> None:
    Comment.objects.update(status=status)
    for tab in Comment.Status.values:
        assert ("Well said." in va.get(f"/admin/comments/?status={tab}").text) is (tab == status)
    assert ("Well said." in va.get("/admin/comments/").text) is (status == "waiting")


def test_many_are_undone_at_once(va: Client, site: SmallSite) -> None:
    for number in range(3):
        Client().post(f"/comments/{site.post.pk}/", WORDS | {"comment": f"Comment {number}"})
    ids = "&".join(f"id={comment.pk}" for comment in Comment.objects.all())
    page = va.post(
        f"/admin/bulk/newsletter/comment/approve/?{ids}&next=/admin/comments/", follow=True
    ).text
    assert "3 comments approved: public from now on." in page
    va.post("/admin/comments/undo/", {"earlier": token_of_undo(page)})
    assert set(Comment.objects.values_list("status", flat=True)) == {"waiting"}


def token_of_undo(page: str) -> str:
    found = re.search(r'name="earlier" value="([^"]+)"', page)
    assert found
    return found[1]


def test_an_older_window_undoes_nothing_that_was_decided_since(
    va: Client, comment: Comment
) -> None:
    approved = token_of_undo(decide(va, comment, status="approved").text)
    spam = token_of_undo(decide(va, comment, status="spam").text)
    page = va.post("/admin/comments/undo/", {"earlier": approved}, follow=True).text
    assert "It was changed or deleted since" in page
    comment.refresh_from_db()
    assert comment.status == "spam"
    decide(va, comment, status="rejected")
    va.post("/admin/comments/undo/", {"earlier": spam})
    comment.refresh_from_db()
    assert comment.status == "rejected"
    assert "Well said." not in Client().get("/blog/on-trust/").text


def test_an_undo_of_many_leaves_those_that_another_window_decided_on(
    va: Client, site: SmallSite
) -> None:
    for number in range(2):
        Client().post(f"/comments/{site.post.pk}/", WORDS | {"comment": f"Comment {number}"})
    keys = sorted(Comment.objects.values_list("pk", flat=True))
    bulk = "/admin/bulk/newsletter/comment/{}/?id={}&next=/admin/comments/"
    first = va.post(bulk.format("approve", "&id=".join(map(str, keys))), follow=True).text
    second = va.post(bulk.format("mark_comment_spam", keys[0]), follow=True).text
    page = va.post("/admin/comments/undo/", {"earlier": token_of_undo(first)}, follow=True).text
    assert "1 of them was changed or deleted since" in page
    found = Comment.objects.order_by("pk").values_list("status", flat=True)
    assert list(found) == ["spam", "waiting"]
    va.post("/admin/comments/undo/", {"earlier": token_of_undo(second)})
    assert list(found.all()) == ["approved", "waiting"]


def test_what_was_deleted_meanwhile_is_not_called_undone(va: Client, comment: Comment) -> None:
    approved = token_of_undo(decide(va, comment, status="approved").text)
    comment.delete()
    page = va.post("/admin/comments/undo/", {"earlier": approved}, follow=True).text
    assert "Undone." not in page
    assert "It was changed or deleted since" in page


def test_answering_publishes_both(va: Client, comment: Comment) -> None:
    page = decide(va, comment, do="answer", answer="Thank you, Priya.").text
    assert "Your reply is public" in page
    post = Client().get("/blog/on-trust/").text
    assert post.index("Well said.") < post.index("Thank you, Priya.")
    assert ">Author<" in post
    decide(va, comment, do="answer", answer="Thank you, Priya.")
    assert Comment.objects.filter(is_author=True).count() == 1


def test_an_empty_answer_publishes_nothing(va: Client, comment: Comment) -> None:
    assert "Write your answer." in decide(va, comment, do="answer", answer=" ").text
    assert Comment.objects.get().status == "waiting"


def test_a_trusted_author_waits_like_others_and_a_blocked_one_goes_to_spam(
    va: Client, comment: Comment, site: SmallSite
) -> None:
    decide(va, comment, rule="trusted")
    assert AuthorRule.objects.get().email_key == "priya@example.com"
    again = WORDS | {"email": "PRIYA@example.com", "comment": "And again."}
    Client().post(f"/comments/{site.post.pk}/", again)
    second = Comment.objects.get(comment="And again.")
    assert second.status == "waiting"
    assert "You trust its author" in second.reasons
    decide(va, comment, rule="blocked")
    Client().post(f"/comments/{site.post.pk}/", WORDS | {"comment": "Once more."})
    assert Comment.objects.get(comment="Once more.").status == "spam"
    decide(va, comment, rule="")
    Client().post(f"/comments/{site.post.pk}/", WORDS | {"comment": "And now?"})
    assert Comment.objects.get(comment="And now?").status == "waiting"


def test_an_edited_comment_keeps_the_original(va: Client, comment: Comment) -> None:
    for text in ("Well put.", "Very well put."):
        va.post(f"/admin/comments/edit/{comment.pk}/", {"comment": text, "status": "approved"})
    comment.refresh_from_db()
    assert (comment.comment, comment.original) == ("Very well put.", "Well said.")
    assert "Very well put." in Client().get("/blog/on-trust/").text
    assert "Well said." in va.get(f"/admin/comments/edit/{comment.pk}/").text


def test_remove_for_ever(va: Client, comment: Comment) -> None:
    decide(va, comment, status="rejected")
    assert "Remove for ever" in va.get("/admin/comments/?status=rejected").text
    va.post(f"/admin/comments/delete/{comment.pk}/")
    assert not Comment.objects.exists()


def notice_path() -> str:
    found = re.search(r"http://[^/]+(/comments/moderate/\S+)", OutgoingMail.objects.get().text)
    assert found
    return found[1]


@pytest.mark.parametrize("status", ["approved", "spam"])
def test_she_decides_from_her_mail_without_signing_in(
    client: Client, comment: Comment, status: str
) -> None:
    page = client.get(notice_path())
    assert "Well said." in page.text
    assert Comment.objects.get().status == "waiting", "looking at it decides nothing"
    client.post(notice_path(), {"status": status})
    assert Comment.objects.get().status == status
    other = "spam" if status == "approved" else "approved"
    assert client.post(notice_path(), {"status": other}).status_code == 200
    assert Comment.objects.get().status == status, "the link works once"


def test_she_answers_from_her_mail(client: Client, comment: Comment) -> None:
    assert client.post(notice_path(), {"answer": ""}).status_code == 422
    client.post(notice_path(), {"answer": "Thank you."})
    assert "Thank you." in client.get("/blog/on-trust/").text


def test_the_link_in_a_notice_ends_after_three_days(client: Client, comment: Comment) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert client.post(notice_path(), {"status": "approved"}).status_code == 410
    assert Comment.objects.get().status == "waiting"


def test_a_forged_link_is_none(client: Client, comment: Comment) -> None:
    assert client.get(notice_path()[:-4] + "abc/").status_code == 404


def test_a_stranger_decides_nothing(client: Client, comment: Comment) -> None:
    for path in (f"/admin/comments/{comment.pk}/decide/", "/admin/comments/undo/"):
        answer = client.post(path, {"status": "approved"})
        assert answer.status_code == 403  # with the form to sign in
        assert 'name="password"' in answer.text
    assert Comment.objects.get().status == "waiting"


def test_an_undo_of_long_ago_changes_nothing(va: Client, comment: Comment) -> None:
    page = va.post("/admin/comments/undo/", {"earlier": "nonsense"}, follow=True).text
    assert "too long ago" in page


@pytest.mark.parametrize(
    "pressed", [{"status": "approved"}, {"status": "spam"}, {"rule": "trusted"}, {}]
)
def test_a_reply_that_was_typed_is_there_again_whatever_was_pressed(
    va: Client, comment: Comment, pressed: dict[str, str]
) -> None:
    page = decide(va, comment, answer="Thank you, dear Priya.", **pressed).text
    assert "is kept as a draft: it is not public" in page
    assert "Thank you, dear Priya." not in Client().get("/blog/on-trust/").text
    assert "1 reply not sent yet: Comments" in va.get("/admin/").text
    comments = va.get("/admin/comments/").text
    where = re.search(r'href="([^"]+)">your reply to Priya', comments)
    assert where
    va.logout()
    va.force_login(get_user_model().objects.get())
    again = va.get(where[1]).text
    assert "Thank you, dear Priya.</textarea>" in again
    assert "<details open>" in again
    decide(va, comment, do="answer", answer="Thank you, dear Priya.")
    assert "Thank you, dear Priya." in Client().get("/blog/on-trust/").text
    assert "your reply to Priya" not in va.get("/admin/comments/").text


def test_a_reply_that_is_too_long_is_kept(va: Client, comment: Comment) -> None:
    long = "word " * 3000 + "end of it"
    decide(va, comment, do="answer", answer=long)
    assert "end of it</textarea>" in va.get("/admin/comments/").text


@pytest.mark.parametrize("key", ["9" * 30, "x", "-1", "٣"])
def test_an_odd_number_in_the_address_of_a_comment_is_no_fault(va: Client, key: str) -> None:
    assert va.get("/admin/comments/", {"comment": key}).status_code == 200


def test_a_reply_typed_by_the_link_of_a_mail_is_not_lost_by_another_button(
    client: Client, comment: Comment
) -> None:
    page = client.post(notice_path(), {"answer": "Thank you.", "status": "approved"})
    assert page.status_code == 422
    assert "You have typed a reply." in page.text
    assert "Thank you.</textarea>" in page.text
    assert Comment.objects.get().status == "waiting"
    client.post(notice_path(), {"answer": "Thank you.", "without_reply": "approved"})
    assert Comment.objects.get().status == "approved"


def test_emails_about_a_deleted_comment_do_not_go_out(va: Client, comment: Comment) -> None:
    assert OutgoingMail.objects.count() == 1
    va.post(f"/admin/comments/delete/{comment.pk}/")
    assert not OutgoingMail.objects.exists()


def test_what_closed_and_off_do_is_said_where_they_are_chosen(va: Client, site: SmallSite) -> None:
    page = va.get(f"/admin/pages/{site.post.pk}/edit/").text
    assert "comments are shown, but no new ones taken" in page
    assert "no comments are shown, not even approved ones" in page


@pytest.mark.parametrize("older", ["", "Thank you"])
def test_a_reply_begun_elsewhere_outlives_the_buttons_of_an_older_window(
    va: Client, comment: Comment, older: str
) -> None:
    whole = "Thank you, dear Priya."
    url = f"/admin/reply-drafts/newsletter.comment/{comment.pk}/"
    va.post(url, {"text": whole, "draft_version": "0"})
    decide(va, comment, status="approved", answer=older, draft_version="0")
    comment.refresh_from_db()
    assert comment.status == "approved"
    page = decide(va, comment, do="answer", answer=older, draft_version="0").text
    assert "You went on with this reply in another window." in page
    assert ReplyDraft.objects.get().text == whole
    assert Comment.objects.count() == 1
    decide(va, comment, do="answer", answer=whole, draft_version="1")
    assert Comment.objects.get(parent=comment).comment == whole
