"""The VA at her desk: she answers, notes, settles and finds enquiries again."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contact.models import Enquiry, SavedReply
from contact.tasks import remind
from newsletter.models import Comment
from tests.conftest import SmallSite
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


def page_of(va: Client, enquiry: Enquiry, query: str = "") -> str:
    return va.get(f"/admin/enquiries/edit/{enquiry.pk}/{query}").text


def test_she_answers_from_the_page_and_the_mails_are_one_thread(
    va: Client, enquiry: Enquiry
) -> None:
    thanks = OutgoingMail.objects.get(recipients=["hannah@example.com"])
    for text in ("Gladly, Hannah. Shall I ring you?", "Tomorrow then."):
        va.post(f"/admin/enquiries/{enquiry.pk}/write/", {"text": text, "send": ""})
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
    assert "Answer sent" in page_of(va, enquiry)


def test_a_note_is_private(va: Client, enquiry: Enquiry) -> None:
    before = OutgoingMail.objects.count()
    va.post(f"/admin/enquiries/{enquiry.pk}/write/", {"text": "Met her at the fair", "note": ""})
    assert OutgoingMail.objects.count() == before
    page = page_of(va, enquiry)
    assert "Met her at the fair" in page
    assert "Private note</strong> by admin" in page


def test_an_empty_answer_is_not_sent(va: Client, enquiry: Enquiry) -> None:
    before = OutgoingMail.objects.count()
    answer = va.post(
        f"/admin/enquiries/{enquiry.pk}/write/", {"text": " ", "send": ""}, follow=True
    )
    assert "Write something first." in answer.text
    assert OutgoingMail.objects.count() == before


def test_a_saved_reply_knows_the_name(va: Client, enquiry: Enquiry) -> None:
    saved = SavedReply.objects.create(title="Prices", text="Dear {name},\nmy prices are …")
    assert "Prices" in page_of(va, enquiry)
    assert "Dear Hannah,\nmy prices are …" in page_of(va, enquiry, f"?reply={saved.pk}")
    assert "Dear" not in page_of(va, enquiry, "?reply=nonsense")


def test_who_did_what_is_kept(va: Client, enquiry: Enquiry) -> None:
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "waiting", "remind_on": ""})
    va.post(f"/admin/bulk/contact/enquiry/mark_won/?id={enquiry.pk}")
    events = enquiry.events.values_list("kind", "text", "user__username")
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
    answer = client.post(f"/admin/enquiries/{enquiry.pk}/write/", {"text": "x", "send": ""})
    assert answer.status_code == 302
    assert not enquiry.events.exists()
