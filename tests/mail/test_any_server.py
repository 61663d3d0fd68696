"""Letters and mails reach people through a server that takes ASCII alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client

from contact.models import Enquiry
from newsletter.models import Campaign, Delivery, Subscriber
from newsletter.returning import came_back
from newsletter.tasks import send_campaigns
from tests.conftest import SmallSite
from tests.mail.test_mime import check_header, decoded
from tests.newsletter.list_server import ListServer, running
from tests.newsletter.test_campaigns import press, send, subscriber
from tests.newsletter.test_import import CONSENT, upload
from tests.newsletter.test_subscribe import link, subscribe
from vasite.business.models import BusinessSettings
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "umlaut": ("reader@bücher.example", "reader@xn--bcher-kva.example"),
    "sharp s": ("reader@straße.example", "reader@xn--strae-oqa.example"),
    "Cyrillic": ("reader@пример.рф", "reader@xn--e1afmkfd.xn--p1ai"),
    "A-labels": ("reader@XN--BCHER-KVA.example", "reader@xn--bcher-kva.example"),
    "invisible at the end": ("reader@example.com\u200b", "reader@example.com"),
    "pasted": ("Zoë <reader@müller.example>", "reader@xn--mller-kva.example"),
}


@pytest.fixture
def server(settings: Any) -> Iterator[ListServer]:
    with running(ListServer()) as smtp_server:
        settings.MAIL_TRANSPORT = smtp_server.transport
        yield smtp_server


@pytest.fixture
def campaign(site: SmallSite) -> Campaign:
    return Campaign.objects.create(
        subject="Frühling für Sie, {{ first name }} 🦊",
        body=[("text", "<p>Grüße aus Worcester, {{ first name }}</p>")],
    )


@pytest.mark.parametrize(("typed", "received"), ADDRESSES.values(), ids=ADDRESSES)
def test_reader_at_any_domain_subscribes_and_gets_letters(
    client: Client, va: Client, server: ListServer, campaign: Campaign, typed: str, received: str
) -> None:
    assert subscribe(client, typed).status_code == 303
    assert deliver_due.call() == 1
    assert server.mail_to(received)["To"] == received
    client.post(link("confirm"))
    server.received.clear()
    send(va, campaign)
    assert send_campaigns.call() == 1
    mail = server.mail_to(received)
    assert mail["To"] == received
    assert "Grüße aus Worcester, there" in mail.get_body(("plain",)).get_content()
    assert "Grüße aus Worcester, there" in mail.get_body(("html",)).get_content()
    assert Delivery.objects.get().status == "sent"
    assert all(raw.isascii() for _, raw in server.received)
    assert came_back(received, "550 5.1.1 gone")  # a report names it as it was sent
    assert Subscriber.objects.get().status == "bounced"


def test_reader_at_a_foreign_domain_of_an_imported_list_gets_letters(
    va: Client, server: ListServer, campaign: Campaign, work: Callable[[], None]
) -> None:
    preview = upload(va, "email\ncsv@müller.example\nCSV@xn--mller-kva.example\n用户@example.com\n")
    page = va.get(preview["Location"]).text
    assert "Take in 1 new subscriber<" in page
    assert "stands further up already" in page
    assert "not “用”" in page
    va.post(preview["Location"], CONSENT)
    work()
    send(va, campaign)
    send_campaigns.call()
    assert server.counts == {"csv@xn--mller-kva.example": 1}


def test_person_at_a_foreign_domain_gets_the_answer_to_an_enquiry(
    client: Client, va: Client, server: ListServer, site: SmallSite
) -> None:
    fields = {"name": "Zoë", "email": "zoe@bücher.example", "message": "Könnten Sie helfen?"}
    assert client.post("/contact/", fields).status_code == 303
    enquiry = Enquiry.objects.get()
    assert deliver_due.call() == 2  # the notification and the acknowledgement
    va.post(
        f"/admin/enquiries/edit/{enquiry.pk}/",
        {"reply": "Ja, natürlich", "state": "new", "send": ""},
    )
    while deliver_due.call():
        pass
    assert not OutgoingMail.objects.exclude(status="sent").exists()
    assert server.counts["zoe@xn--bcher-kva.example"] == 2
    notice = server.mail_to("owner@example.com")
    assert notice["Reply-To"] == "zoe@xn--bcher-kva.example"


def test_owner_sends_a_test_to_a_foreign_domain(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    press(va, campaign, "test", address="me@bücher.example ")
    deliver_due.call()
    assert server.counts == {"me@xn--bcher-kva.example": 1}


def test_owner_with_a_foreign_domain_and_a_long_name_sends_letters(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    business = BusinessSettings.load()
    business.email = "anna@bücher.example"
    business.save()
    name = "Büro für Organisation und Buchführung Anna Köhler, Worcester"
    Campaign.objects.update(sender_name=name)
    subscriber("reader@example.com", name="Łukasz")
    send(va, campaign)
    assert send_campaigns.call() == 1
    ((_, raw),) = server.received
    message = check_header(raw)
    assert decoded(message["Subject"]) == "Frühling für Sie, Łukasz 🦊"
    assert decoded(message["From"]).startswith(f"{name} <")
    assert message["Reply-To"] == "anna@xn--bcher-kva.example"


def test_mail_to_what_is_no_address_fails_alone_and_says_why(server: ListServer) -> None:
    send_mail("Hello", "Text", None, ["用户@example.com"])
    send_mail("Hello", "Text", None, ["reader@example.com"])
    assert deliver_due.call() == 1
    failed, sent = OutgoingMail.objects.order_by("pk")
    assert (failed.status, sent.status) == ("failed", "sent")
    assert "not “用”" in failed.answer


def test_letter_to_what_is_no_address_fails_alone_and_says_why(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscriber("用户@example.com")  # from before such addresses were refused
    subscriber("reader@example.com")
    send(va, campaign)
    assert send_campaigns.call() == 1
    states = dict(Delivery.objects.values_list("subscriber__email", "status"))
    assert states == {"用户@example.com": "failed", "reader@example.com": "sent"}
    assert re.search("not “用”", Delivery.objects.get(status="failed").answer)
    assert server.counts == {"reader@example.com": 1}
