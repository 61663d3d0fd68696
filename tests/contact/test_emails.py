"""What the enquiry's page says of its emails is true, and they go when the person does."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from contact.models import Enquiry
from contact.tasks import remind
from newsletter.models import Comment, Subscriber
from tests.conftest import SmallSite
from tests.contact.test_desk import MESSAGE, page_of, press
from tests.newsletter.list_server import ListServer, running
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due

HANNAH = "hannah@example.com"


@pytest.fixture
def enquiry(site: SmallSite) -> Enquiry:
    Client().post("/contact/", MESSAGE)
    return Enquiry.objects.get()


@pytest.fixture
def server(settings: Any) -> Any:
    with running(ListServer()) as mail_server:
        settings.MAIL_TRANSPORT = mail_server.transport
        yield mail_server


def states_of(va: Client, enquiry: Enquiry) -> str:
    return page_of(va, enquiry).split('id="done"')[1].split("</ol>")[0]


def test_a_reply_is_called_sent_once_a_server_took_it(
    va: Client, enquiry: Enquiry, settings: Any
) -> None:
    answer = press(va, enquiry, "send", reply="Gladly.")
    assert "Waiting – email isn’t connected yet" in answer.text
    assert "Sent on" not in states_of(va, enquiry)
    with running(ListServer()) as mail_server:
        settings.MAIL_TRANSPORT = mail_server.transport
        assert "Waiting</a>" in states_of(va, enquiry)
        mail_server.answers[f"RCPT {HANNAH}"] = "451 4.2.1 Come back later"
        deliver_due.call()
        assert "Waiting: 451 4.2.1 Come back later. Next try on" in states_of(va, enquiry)
        mail_server.answers[f"RCPT {HANNAH}"] = "550 5.1.1 No such mailbox"
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            deliver_due.call()
        assert "Refused: 550 5.1.1 No such mailbox" in states_of(va, enquiry)
        mail_server.answers.clear()
        OutgoingMail.objects.release()
        deliver_due.call()
    assert states_of(va, enquiry).count("Sent on") == 2  # with the acknowledgement


def test_when_it_was_sent_is_known_after_the_outbox_is_cleared(
    va: Client, enquiry: Enquiry, server: ListServer
) -> None:
    press(va, enquiry, "send", reply="Gladly.")
    deliver_due.call()
    for mail in OutgoingMail.objects.filter(recipients=[HANNAH]):
        va.post(f"/admin/outbox/delete/{mail.pk}/")
    assert states_of(va, enquiry).count("Sent on") == 2


def test_an_email_removed_before_it_went_out_is_not_called_sent(
    va: Client, enquiry: Enquiry
) -> None:
    press(va, enquiry, "send", reply="Gladly.")
    OutgoingMail.objects.all().delete()
    remind.func()
    assert "Sent on" not in states_of(va, enquiry)
    assert "no longer in the outbox" in states_of(va, enquiry)


@pytest.mark.parametrize("way", ["page", "list", "everywhere"])
def test_nothing_goes_out_to_somebody_who_was_deleted(
    va: Client, enquiry: Enquiry, way: str, settings: Any
) -> None:
    press(va, enquiry, "send", reply="Gladly.")
    if way == "everywhere":
        va.post(enquiry.erase_url)
    else:
        one, ticked = f"delete/{enquiry.pk}/", f"delete/?id={enquiry.pk}"
        address = (
            f"/admin/enquiries/{one}" if way == "page" else f"/admin/bulk/contact/enquiry/{ticked}"
        )
        page = va.get(address).text
        assert "will not be sent" in page
        assert enquiry.erase_url in page
        va.post(address)
    assert not Enquiry.objects.exists()
    with running(ListServer()) as mail_server:
        settings.MAIL_TRANSPORT = mail_server.transport
        deliver_due.call()
        assert HANNAH not in mail_server.counts
        assert not any(HANNAH.encode() in raw for _, raw in mail_server.received)


def test_deleting_one_of_two_enquiries_leaves_the_reply_to_the_other(
    va: Client, enquiry: Enquiry
) -> None:
    Client().post("/contact/", MESSAGE | {"message": "A second question"})
    second = Enquiry.objects.get(message="A second question")
    press(va, second, "send", reply="An answer to the second.")
    va.post(f"/admin/enquiries/delete/{enquiry.pk}/")
    waiting = OutgoingMail.objects.filter(recipients=[HANNAH])
    assert [mail.subject for mail in waiting] == ["Re: Thank you for your message to Severn Office"]


def test_the_owners_own_notices_stay_when_her_trial_is_deleted(va: Client, site: SmallSite) -> None:
    Client().post("/contact/", MESSAGE | {"email": "owner@example.com"})
    Client().post("/contact/", MESSAGE)
    va.post(f"/admin/enquiries/delete/{Enquiry.objects.get(email='owner@example.com').pk}/")
    assert OutgoingMail.objects.filter(recipients=["owner@example.com"]).count() == 1


@pytest.mark.parametrize("start", ["enquiry", "comment", "subscriber"])
def test_a_person_is_erased_everywhere_from_wherever_she_meets_them(
    va: Client, enquiry: Enquiry, site: SmallSite, start: str
) -> None:
    comment_words = {"name": "Hannah", "email": HANNAH, "comment": "Nice post."}
    Client().post(f"/comments/{site.post.pk}/", comment_words)
    Client().post("/newsletter/subscribe/", {"email": HANNAH})
    Client().post("/newsletter/subscribe/", {"email": "bob@example.com"})
    comment, subscriber = Comment.objects.get(), Subscriber.objects.get(email=HANNAH)
    pages = {
        "enquiry": (f"/admin/enquiries/edit/{enquiry.pk}/", enquiry.erase_url),
        "comment": (f"/admin/comments/edit/{comment.pk}/", comment.erase_url),
        "subscriber": (f"/admin/subscribers/inspect/{subscriber.pk}/", subscriber.erase_url),
    }
    page, url = pages[start]
    assert f'href="{url}"' in va.get(page).text
    asked = va.get(url).text
    for words in ("Could you take over my mail?", "Nice post.", "Newsletter"):
        assert words in asked
    assert HANNAH not in url
    va.post(url)
    assert not Enquiry.objects.exists()
    assert not Comment.objects.exists()
    assert [one.email for one in Subscriber.objects.all()] == ["bob@example.com"]
    assert not OutgoingMail.objects.filter(text__contains=HANNAH).exists()
    assert not OutgoingMail.objects.filter(recipients=[HANNAH]).exists()


def test_only_who_may_delete_everything_erases_a_person(client: Client, enquiry: Enquiry) -> None:
    assert client.post(enquiry.erase_url).status_code == 403
    editor = get_user_model().objects.create_user("writer", "w@example.com", "x", is_staff=True)
    client.force_login(editor)
    client.post(enquiry.erase_url)
    assert Enquiry.objects.exists()


def test_an_export_reads_as_people_read(va: Client, enquiry: Enquiry) -> None:
    Enquiry.objects.update(name="Zoë’s florist’s", message="£30 an hour?")
    press(va, enquiry, "send", reply="Gladly, £30.")
    raw = b"".join(va.get("/admin/enquiries/?export=csv").streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 by its byte-order mark alone"
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))
    received = timezone.localtime(enquiry.received_at)
    assert row["Received"] == f"{received:%d/%m/%Y %H:%M}"
    assert row["State"] == "Answered"
    assert row["Spam check"] == "Looks real"
    assert row["Your replies"] == "Gladly, £30."
    assert row["Name"] == "Zoë’s florist’s"
    assert row["Message"] == "£30 an hour?"


def test_nobody_is_thanked_for_what_the_owner_called_spam(
    va: Client, enquiry: Enquiry, server: ListServer
) -> None:
    """A flood's acknowledgements are held, and would go out to strangers for days."""
    thanks = OutgoingMail.objects.filter(recipients=[HANNAH])
    thanks.update(status=OutgoingMail.Status.HELD, counted_at=None)
    press(va, enquiry, "save", state=Enquiry.State.SPAM)
    deliver_due.call()
    assert HANNAH not in server.counts
    assert thanks.get().status == OutgoingMail.Status.CANCELLED
    thanks.update(status=OutgoingMail.Status.WAITING, answer="")
    press(va, enquiry, "save", state=Enquiry.State.NEW)
    deliver_due.call()
    assert server.counts[HANNAH] == 1
