"""What comes back from mail providers ends all mail to where it came from."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Subscriber, UnreadReport
from newsletter.tasks import forget_unconfirmed
from tests.conftest import SmallSite
from tests.newsletter.test_campaigns import subscriber

SIGNED_IN = {"Authorization": "Basic " + b64encode(b"vasite:a-long-password-here").decode()}
KEY = "key-of-mailgun"


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": "vasite:a-long-password-here",
        "MAILGUN_WEBHOOK_SIGNING_KEY": KEY,
    }


@pytest.fixture
def reader(site: SmallSite) -> Subscriber:
    """A subscriber who got a letter."""
    reader = subscriber("reader@example.com")
    campaign = Campaign.objects.create(subject="Spring", status="sent", started_at=timezone.now())
    Delivery.objects.create(
        campaign=campaign,
        subscriber=reader,
        status="sent",
        send_after=timezone.now(),
        taken_at=timezone.now(),
    )
    return reader


def postmark(kind: str) -> dict[str, Any]:
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce",
        "Type": kind,
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": "Reader@Example.com",
        "Description": "The server was unable to deliver your message",
        "BouncedAt": "2026-05-08T10:00:00Z",
    }


def report(client: Client, provider: str, content: Any, **headers: str) -> int:
    return client.post(
        f"/anymail/{provider}/tracking/",
        json.dumps(content),
        content_type="application/json",
        headers=SIGNED_IN | headers,
    ).status_code


@pytest.mark.parametrize(
    ("kind", "becomes", "letter"),
    [
        ("HardBounce", "bounced", "returned"),
        ("SpamComplaint", "complained", "complained"),
        ("Transient", "confirmed", "sent"),
    ],
)
def test_a_provider_reports(
    client: Client, va: Client, reader: Subscriber, kind: str, becomes: str, letter: str
) -> None:
    for _ in range(2):  # twice is as good as once
        assert report(client, "postmark", postmark(kind)) == 200
    reader.refresh_from_db()
    assert reader.status == becomes
    assert Delivery.objects.get().status == letter
    assert reader.events.count() == (becomes != "confirmed")
    if becomes == "bounced":
        page = va.get(Campaign.objects.get().admin_url).text
        assert "Came back later" in page


def test_a_complaint_counts_whatever_its_newsletter_is_called(
    client: Client, reader: Subscriber
) -> None:
    named = {"Metadata": {"Type": "SpamNotification"}}
    assert report(client, "postmark", postmark("SpamComplaint") | named) == 200
    reader.refresh_from_db()
    assert reader.status == "complained"


def test_who_left_stays_so(client: Client, reader: Subscriber) -> None:
    reader.unsubscribe()
    report(client, "postmark", postmark("HardBounce"))
    reader.refresh_from_db()
    assert reader.status == "unsubscribed"


def test_a_stranger_can_report_nothing(client: Client, reader: Subscriber) -> None:
    wrong = {"Authorization": "Basic " + b64encode(b"vasite:guessed").decode()}
    assert report(client, "postmark", postmark("HardBounce"), **wrong) == 400
    reader.refresh_from_db()
    assert reader.status == "confirmed"


def mailgun(words: str, key: str = KEY, **event: str) -> dict[str, Any]:
    stamp, token = "1778234400", "0123456789" * 5
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    happened = {
        "event": "failed",
        "severity": "permanent",
        "recipient": "reader@example.com",
        "timestamp": 1778234400.1,
        "id": "x",
        "delivery-status": {"code": 550, "message": words},
    }
    signed = {"timestamp": stamp, "token": token, "signature": signature}
    return {"signature": signed, "event-data": happened | event}


@pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("another key", 400)])
def test_mailguns_signature_is_checked(
    client: Client, reader: Subscriber, key: str, status: int
) -> None:
    assert report(client, "mailgun", mailgun("5.1.1 No such mailbox", key)) == status
    reader.refresh_from_db()
    assert reader.status == ("bounced" if status == 200 else "confirmed")


def amazon(kind: str, words: str = "", **bounce: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What Amazon SES reports by way of its SNS, and the headers that go with it."""
    recipient = {"emailAddress": "reader@example.com"} | (
        {"diagnosticCode": words} if words else {}
    )
    happened = {
        "notificationType": "Bounce",
        "mail": {"messageId": "0000", "destination": ["reader@example.com"]},
        "bounce": bounce | {"bouncedRecipients": [recipient]},
    }
    message = {"Type": kind, "MessageId": "m-1", "Message": json.dumps(happened)}
    headers = {"X-Amz-Sns-Message-Type": kind, "X-Amz-Sns-Message-Id": "m-1"}
    return message, headers


FULL, BLOCKED, GONE = (
    "552 5.2.2 mailbox full",
    "550 5.7.1 blocked using zen.spamhaus.org",
    "550 5.1.1 User unknown",
)
RESEND = (  # in its own words, which are no server's
    "The recipient's email provider sent a {} message, but didn't specify the reason. Sending "
    "messages to such addresses can have a negative impact on your reputation as a sender."
)


def postmark_says(kind: str, words: str) -> dict[str, Any]:
    return postmark(kind) | {"Details": words}


def brevo(kind: str, words: str) -> dict[str, Any]:
    return {"event": kind, "email": "reader@example.com", "reason": words}


def sendgrid(kind: str, words: str) -> list[dict[str, Any]]:
    event = "dropped" if kind == "Invalid" else "bounce"
    return [{"event": event, "type": kind, "email": "reader@example.com", "reason": words}]


def mailjet(is_hard: bool) -> dict[str, Any]:
    return {"event": "bounce", "email": "reader@example.com", "time": 1, "hard_bounce": is_hard}


def resend(kind: str, words: str) -> dict[str, Any]:
    told = {"to": ["reader@example.com"], "bounce": {"type": kind, "message": words}}
    return {"type": "email.bounced", "created_at": "2026-05-08T10:00:00Z", "data": told}


def sparkpost(kind: str, words: str) -> list[dict[str, Any]]:
    event = {"type": "bounce", "bounce_class": kind, "raw_rcpt_to": "reader@example.com"}
    return [{"msys": {"message_event": event | {"raw_reason": words}}}]


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ("postmark", postmark_says("HardBounce", "smtp;550 Go away")),
        ("postmark", postmark_says("SoftBounce", GONE)),
        ("postmark", postmark("BadEmailAddress")),
        ("postmark", postmark("") | {"RecordType": "SubscriptionChange"}
         | {"SuppressionReason": "HardBounce", "SuppressSending": True}),
        ("brevo", brevo("hard_bounce", "")),
        ("brevo", brevo("soft_bounce", GONE)),
        ("brevo", brevo("invalid_email", "")),
        ("mailgun", mailgun("Go away")),
        ("sendgrid", sendgrid("bounce", "550 Go away")),
        ("sendgrid", sendgrid("blocked", GONE)),
        ("sendgrid", sendgrid("Invalid", "")),
        ("mailjet", mailjet(True)),
        ("resend", resend("Permanent", RESEND.format("hard bounce"))),
        ("sparkpost", sparkpost("10", "550 Go away")),
        ("amazon_ses", amazon("Notification", bounceType="Permanent", bounceSubType="General")),
        ("amazon_ses", amazon("Notification", GONE, bounceType="Undetermined", bounceSubType="x")),
    ],
)  # fmt: skip
def test_an_address_ends_that_its_server_or_else_the_provider_calls_gone(
    client: Client, reader: Subscriber, provider: str, told: Any
) -> None:
    content, headers = told if isinstance(told, tuple) else (told, {})
    assert report(client, provider, content, **headers) == 200
    reader.refresh_from_db()
    assert (reader.status, Delivery.objects.get().status) == ("bounced", "returned")


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ("postmark", postmark("SoftBounce")),
        ("postmark", postmark_says("HardBounce", FULL)),
        ("postmark", postmark("SoftBounce") | {"Subject": "HardBounce"}),
        ("postmark", postmark("SoftBounce") | {"Name": "HardBounce", "Tag": "HardBounce"}),
        ("postmark", postmark("VirusNotification")),
        ("postmark", postmark("SpamNotification")),
        ("brevo", brevo("soft_bounce", "452 4.2.2 mailbox full")),
        ("brevo", brevo("soft_bounce", "")),
        ("mailgun", mailgun(FULL)),
        ("mailgun", mailgun(BLOCKED)),
        ("mailgun", mailgun("Go away", severity="") | {"tags": {"severity": "permanent"}}),
        ("sendgrid", sendgrid("blocked", "550 Go away")),
        ("sendgrid", sendgrid("bounce", FULL)),
        ("sendgrid", [sendgrid("blocked", "550 Go away")[0] | {"tags": [{"type": "bounce"}]}]),
        ("mailjet", mailjet(False)),
        ("resend", resend("Transient", RESEND.format("general bounce"))),
        ("resend", resend("Transient", "") | {"tags": {"type": "Permanent"}}),
        ("sparkpost", sparkpost("22", "")),
        ("amazon_ses", amazon("Notification", bounceType="Undetermined", bounceSubType="x")),
        ("amazon_ses", amazon("Notification", FULL, bounceType="Permanent", bounceSubType="x")),
        ("amazon_ses", amazon("Notification", bounceType="Transient", bounceSubType="MailboxFull")),
    ],
)  # fmt: skip
def test_what_may_pass_costs_the_reader_this_letter_only(
    client: Client, reader: Subscriber, provider: str, told: Any
) -> None:
    old = Campaign.objects.create(subject="Winter", status="sent")
    long_ago = timezone.now() - timedelta(days=90)
    old.deliveries.create(subscriber=reader, status="sent", send_after=long_ago, taken_at=long_ago)
    content, headers = told if isinstance(told, tuple) else (told, {})
    for _ in range(2):  # twice is as good as once
        assert report(client, provider, content, **headers) == 200
    reader.refresh_from_db()
    assert reader.status == "confirmed"
    statuses = Delivery.objects.order_by("taken_at").values_list("status", flat=True)
    assert list(statuses) == ["sent", "returned"]


def test_an_answer_while_away_is_no_bounce(client: Client, reader: Subscriber) -> None:
    """Amazon SES can't tell it from one (Transient, General)."""
    content, headers = amazon("Notification", bounceType="Transient", bounceSubType="General")
    assert report(client, "amazon_ses", content, **headers) == 200
    assert Delivery.objects.get().status == "sent"


def test_a_late_report_that_names_its_letter_is_about_that_one(
    client: Client, reader: Subscriber
) -> None:
    named = Delivery.objects.get()
    new = Campaign.objects.create(subject="Summer", status="sent")
    new.deliveries.create(
        subscriber=reader, status="sent", send_after=timezone.now(), taken_at=timezone.now()
    )
    told = brevo("soft_bounce", FULL) | {"message-id": named.message_id}
    assert report(client, "brevo", told) == 200
    assert Delivery.objects.get(status="returned") == named


@pytest.mark.parametrize("provider", ["postmark", "mailgun", "sendgrid", "brevo", "amazon_ses"])
@pytest.mark.parametrize("body", [b"{", b"[1]", b'"\x00"', b"\xff", b"null", b""])
def test_a_report_that_is_none_is_set_aside(
    client: Client, va: Client, reader: Subscriber, provider: str, body: bytes
) -> None:
    def status(**headers: str) -> int:
        return client.post(
            f"/anymail/{provider}/tracking/", body, "application/json", headers=headers
        ).status_code

    assert status() in {400, 401}
    assert UnreadReport.objects.count() == 0  # a stranger fills no list of hers
    assert status(**SIGNED_IN) in {200, 400}
    kept = UnreadReport.objects.first()
    if body == b"{" and provider != "mailgun":  # which signs what it sends
        assert kept.text == "{"
        assert provider in va.get("/admin/unread-reports/").text
    reader.refresh_from_db()
    assert reader.status == "confirmed"


def test_old_reports_are_forgotten(db: None) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    UnreadReport.objects.create(provider="brevo", text="{", fault="", received_at=long_ago)
    UnreadReport.objects.create(provider="postmark", text="{", fault="")
    forget_unconfirmed.func()
    assert UnreadReport.objects.get().provider == "postmark"


def test_no_mail_comes_in_this_way(client: Client, db: None) -> None:
    assert client.post("/anymail/postmark/inbound/", headers=SIGNED_IN).status_code == 404


@pytest.mark.parametrize("action", ["bounced", "complained"])
def test_she_marks_it_by_hand(va: Client, reader: Subscriber, action: str) -> None:
    va.post(f"/admin/bulk/newsletter/subscriber/{action}/?id={reader.pk}")
    reader.refresh_from_db()
    assert reader.status == action
    assert reader.events.get().user is not None
    assert Subscriber.objects.confirmed().count() == 0
