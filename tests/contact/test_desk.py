"""The VA at her desk: she answers, notes, settles and finds enquiries again."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contact.models import Enquiry, SavedReply
from contact.tasks import remind
from newsletter.models import Comment
from tests.conftest import SmallSite
from vasite.forms.models import ReplyDraft
from vasite.mail.models import OutgoingMail

MESSAGE = {
    "name": "Hannah Cole",
    "email": "hannah@example.com",
    "message": "Could you take over my mail?",
}


@pytest.fixture
def enquiry(site: SmallSite) -> Enquiry:
    Client().post("/contact/", MESSAGE)
    return Enquiry.objects.get()


def press(va: Client, enquiry: Enquiry, button: str, **fields: str) -> Any:
    """Press a button of the enquiry's page, with its fields as they stand there."""
    enquiry.refresh_from_db()
    filled = {"state": enquiry.state, "remind_on": "", "reply": "", "note": ""} | fields
    return va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {button: "1", **filled}, follow=True)


def page_of(va: Client, enquiry: Enquiry, query: str = "") -> str:
    return va.get(f"/admin/enquiries/edit/{enquiry.pk}/{query}").text


def test_she_answers_from_the_page_and_the_mails_are_one_thread(
    va: Client, enquiry: Enquiry
) -> None:
    thanks = OutgoingMail.objects.get(recipients=["hannah@example.com"])
    for text in ("Gladly, Hannah. Shall I ring you?", "Tomorrow then."):
        press(va, enquiry, "send", reply=text)
    first, second = OutgoingMail.objects.filter(
        recipients=["hannah@example.com"], subject__startswith="Re:"
    ).order_by("pk")
    assert "Gladly, Hannah. Shall I ring you?" in first.text
    assert "> Could you take over my mail?" in first.text
    assert first.reply_to == ["owner@example.com"]
    assert first.headers["Auto-Submitted"] == "no"
    ids = [mail.headers["Message-ID"] for mail in (thanks, first, second)]
    assert first.headers["In-Reply-To"] == ids[0]
    assert second.headers["In-Reply-To"] == ids[1]
    assert second.headers["References"] == f"{ids[0]} {ids[1]}"
    enquiry.refresh_from_db()
    assert enquiry.state == "answered"
    page = page_of(va, enquiry)
    assert page.count("Waiting – email isn’t connected yet") >= 3
    assert "sent" not in page.split('id="done"')[1].split("</ol>")[0].lower()


def test_a_note_is_private(va: Client, enquiry: Enquiry) -> None:
    before = OutgoingMail.objects.count()
    press(va, enquiry, "save", note="Met her at the fair")
    assert OutgoingMail.objects.count() == before
    page = page_of(va, enquiry)
    assert "Met her at the fair" in page
    assert "Private note</strong> by admin" in page


def test_an_empty_reply_is_not_sent_and_costs_no_note(va: Client, enquiry: Enquiry) -> None:
    before = OutgoingMail.objects.count()
    answer = press(va, enquiry, "send", reply=" ", note="Ring her")
    assert "Write your reply first." in answer.text
    assert "Ring her" in answer.text
    assert OutgoingMail.objects.count() == before


@pytest.mark.parametrize("button", ["save", "anything"])
def test_a_reply_that_was_typed_is_there_again_whatever_was_pressed(
    va: Client, enquiry: Enquiry, button: str
) -> None:
    before = OutgoingMail.objects.count()
    answer = press(va, enquiry, button, reply="Gladly,\r\nHannah.", state="waiting")
    assert "it has not been sent" in answer.text
    assert "Gladly,\nHannah.</textarea>" in answer.text
    assert OutgoingMail.objects.count() == before
    enquiry.refresh_from_db()
    assert enquiry.state == "waiting"
    va.logout()
    va.force_login(get_user_model().objects.get())
    assert "Gladly,\nHannah.</textarea>" in page_of(va, enquiry)
    press(va, enquiry, "send", reply="Gladly,\r\nHannah.")
    assert "Gladly,\nHannah.</textarea>" not in page_of(va, enquiry)
    assert OutgoingMail.objects.filter(subject__startswith="Re:").count() == 1


def test_a_reply_beside_a_faulty_date_is_kept(va: Client, enquiry: Enquiry) -> None:
    answer = press(va, enquiry, "send", reply="Gladly.", remind_on="32/13/2026")
    assert "Nothing was sent" in answer.text
    assert "Gladly.</textarea>" in answer.text
    assert "Gladly.</textarea>" in page_of(va, enquiry)


def test_a_reply_whose_button_is_pressed_twice_goes_out_once(va: Client, enquiry: Enquiry) -> None:
    for _ in range(2):
        answer = press(va, enquiry, "send", reply="Gladly.")
    assert "It was not sent again" in answer.text
    assert OutgoingMail.objects.filter(subject__startswith="Re:").count() == 1
    assert enquiry.events.filter(kind="reply").count() == 1


def test_a_draft_saved_while_typing_is_offered_again(va: Client, enquiry: Enquiry) -> None:
    url = f"/admin/reply-drafts/contact.enquiry/{enquiry.pk}/"
    saved = va.post(url, {"text": "Gladly, Han", "draft_version": "0"})
    assert saved.json() == {"version": 1}
    assert "Gladly, Han</textarea>" in page_of(va, enquiry)
    press(va, enquiry, "send", reply="Gladly, Hannah.")
    late = va.post(url, {"text": "Gladly, Hannah.", "draft_version": "1"})  # on its way
    assert late.status_code == 409
    assert "Hannah.</textarea>" not in page_of(va, enquiry)


WHOLE = "Gladly, Hannah. Shall I ring you?"


@pytest.mark.parametrize(
    ("older", "kept"),
    [
        pytest.param("", WHOLE, id="empty"),
        pytest.param("Gladly", WHOLE, id="shorter"),
        pytest.param("Shall I ring you?", WHOLE, id="in it already"),
        pytest.param("Dear Hannah", f"{WHOLE}\n\nDear Hannah", id="other words"),
        pytest.param(f"{WHOLE} At ten?", f"{WHOLE} At ten?", id="more"),
    ],
)
def test_an_older_window_takes_no_word_of_a_draft_away(
    va: Client, enquiry: Enquiry, older: str, kept: str
) -> None:
    url = f"/admin/reply-drafts/contact.enquiry/{enquiry.pk}/"
    va.post(url, {"text": WHOLE, "draft_version": "0"})
    late = va.post(url, {"text": older, "draft_version": "0"})  # as it is typed
    is_more = older.startswith(WHOLE)
    assert late.status_code == (200 if is_more else 409)
    assert is_more or late.json() == {"version": 1, "text": WHOLE}
    answer = press(va, enquiry, "save", reply=older, note="Ring her", draft_version="0")
    assert f"{kept}</textarea>" in answer.text
    assert ("another window" in answer.text) is ("Dear" in older)
    assert enquiry.events.filter(text="Ring her").exists()
    assert ReplyDraft.objects.get().text == kept


@pytest.mark.parametrize("button", ["send", "discard"])
@pytest.mark.parametrize("older", ["", "Gladly"])
def test_an_older_window_ends_no_draft_that_it_does_not_show(
    va: Client, enquiry: Enquiry, button: str, older: str
) -> None:
    press(va, enquiry, "save", reply=WHOLE)
    answer = press(va, enquiry, button, reply=older, note="Ring her", draft_version="0")
    assert "You went on with this reply in another window." in answer.text
    assert f"{WHOLE}</textarea>" in answer.text
    assert "Ring her</textarea>" in answer.text
    assert not OutgoingMail.objects.filter(subject__startswith="Re:").exists()
    assert ReplyDraft.objects.get().text == WHOLE
    press(va, enquiry, button, reply=WHOLE, draft_version="1")
    assert ReplyDraft.objects.get().text == ""


def test_long_replies_of_two_windows_are_joined_whole(va: Client, enquiry: Enquiry) -> None:
    one, other = "One " * 20_000 + "end of one.", "Other " * 20_000 + "end of the other."
    press(va, enquiry, "save", reply=one)
    press(va, enquiry, "save", reply=other, draft_version="0")
    assert ReplyDraft.objects.get().text == f"{one}\n\n{other}"


def test_a_draft_is_the_writers_own_and_goes_with_the_enquiry(
    va: Client, enquiry: Enquiry, client: Client
) -> None:
    press(va, enquiry, "save", reply="Half a rep")
    url = f"/admin/reply-drafts/contact.enquiry/{enquiry.pk}/"
    assert Client().post(url, {"text": "x"}).status_code == 403
    other = get_user_model().objects.create_user("writer", "w@example.com", "x")
    client.force_login(other)
    assert client.post(url, {"text": "x"}).status_code in {302, 403}
    assert va.post("/admin/reply-drafts/auth.user/1/", {"text": "x"}).status_code == 404
    assert ReplyDraft.objects.get().text == "Half a rep"
    enquiry.delete()
    assert not ReplyDraft.objects.exists()


def test_a_saved_reply_is_added_to_what_was_typed(va: Client, enquiry: Enquiry) -> None:
    saved = SavedReply.objects.create(title="Prices", text="Dear {name},\nmy prices are …")
    assert "Prices" in page_of(va, enquiry)
    answer = va.post(
        f"/admin/enquiries/edit/{enquiry.pk}/",
        {"insert": saved.pk, "reply": "Typed first.", "note": "Nice", "state": "lost"},
    )
    assert "Typed first.\n\nDear Hannah,\nmy prices are …</textarea>" in answer.text
    assert "Nice</textarea>" in answer.text
    assert "Typed first.\n\nDear Hannah," in page_of(va, enquiry)
    enquiry.refresh_from_db()
    assert enquiry.state == "new"
    nonsense = {"insert": "9" * 40, "reply": "Typed first.", "state": "new", "draft_version": "1"}
    assert va.post(f"/admin/enquiries/edit/{enquiry.pk}/", nonsense).status_code == 302


def test_a_reply_outlives_the_saved_reply_that_somebody_deleted_meanwhile(
    va: Client, enquiry: Enquiry
) -> None:
    fields = {"insert": "99", "reply": "Typed first.", "note": "Nice", "state": "new"}
    answer = va.post(f"/admin/enquiries/edit/{enquiry.pk}/", fields)
    assert answer.status_code == 200
    assert "That saved reply has been deleted. Nothing was added." in answer.text
    assert "Typed first.</textarea>" in answer.text
    assert "Nice</textarea>" in answer.text
    assert "Typed first.</textarea>" in page_of(va, enquiry)


def test_who_did_what_is_kept(va: Client, enquiry: Enquiry) -> None:
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "waiting", "remind_on": ""})
    va.post(f"/admin/bulk/contact/enquiry/mark_won/?id={enquiry.pk}")
    events = enquiry.events.exclude(kind="thanks").values_list("kind", "text", "user__username")
    assert list(events) == [("state", "Waiting for them", "admin"), ("state", "Won", "admin")]


def test_she_is_reminded_once_on_the_day(va: Client, enquiry: Enquiry) -> None:
    day = timezone.localdate() + timedelta(days=3)
    va.post(
        f"/admin/enquiries/edit/{enquiry.pk}/",
        {"state": "waiting", "remind_on": day.strftime("%d/%m/%Y")},
    )
    enquiry.refresh_from_db()
    assert enquiry.remind_on == day
    assert remind.func() == 0
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert remind.func() == 1
        assert remind.func() == 0
    mail = OutgoingMail.objects.get(subject="You asked to be reminded of Hannah Cole")
    assert mail.recipients == ["owner@example.com"]
    assert isinstance(day, date)


def test_all_that_is_known_of_a_person_is_in_one_place(
    va: Client, enquiry: Enquiry, site: SmallSite
) -> None:
    Client().post(
        "/contact/", MESSAGE | {"message": "And my diary?", "email": "HANNAH@example.com"}
    )
    Client().post(
        f"/comments/{site.post.pk}/",
        {"name": "Hannah", "email": "hannah@example.com", "comment": "Nice post."},
    )
    Client().post("/newsletter/subscribe/", {"email": "hannah@example.com"})
    page = page_of(va, enquiry)
    for words in ("And my diary?", "Nice post.", "Newsletter", "not confirmed yet"):
        assert words in page
    comment = Comment.objects.get()
    assert f"/admin/comments/edit/{comment.pk}/" in page


@pytest.mark.parametrize("search", ["hannah", "@example.com", "mail"])
def test_she_finds_it_by_name_address_and_words(va: Client, enquiry: Enquiry, search: str) -> None:
    Client().post("/contact/", {"name": "Tom", "email": "tom@example.org", "message": "My diary"})
    page = va.get("/admin/enquiries/", {"q": search}).text
    assert "Hannah Cole" in page
    assert "My diary" not in page


def test_each_state_has_its_tab(va: Client, enquiry: Enquiry) -> None:
    page = va.get("/admin/enquiries/").text
    assert "All but spam (1)" in page
    assert "New (1)" in page
    assert "Won (0)" in page
    assert "Hannah Cole" not in va.get("/admin/enquiries/?state=won").text


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_an_export_is_a_formula(va: Client, site: SmallSite, start: str) -> None:
    Client().post("/contact/", MESSAGE | {"message": f"{start}HYPERLINK(1)"})
    export = va.get("/admin/enquiries/?export=csv")
    text = b"".join(export.streaming_content).decode("utf-8-sig")
    row = next(iter(csv.DictReader(io.StringIO(text))))
    assert f"'{start}HYPERLINK(1)" in row.values()
    assert va.get("/admin/enquiries/?export=xlsx").status_code == 200


def test_the_list_costs_the_same_with_many(va: Client, enquiry: Enquiry) -> None:
    def count() -> int:
        va.get("/admin/enquiries/")
        with CaptureQueriesContext(connection) as queries:
            va.get("/admin/enquiries/")
        return len(queries)

    few = count()
    for number in range(120):
        other = Enquiry(name=f"N {number}", email="n@example.com", message=f"Question {number}")
        other.set_content(str(number))
        other.save()
    assert count() == few


def test_a_stranger_writes_nothing(client: Client, enquiry: Enquiry) -> None:
    before = enquiry.events.count()
    answer = client.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"reply": "x", "send": ""})
    assert answer.status_code == 403
    assert enquiry.events.count() == before
