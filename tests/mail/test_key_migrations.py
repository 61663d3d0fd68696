"""The rows of a site from before addresses had one key are found afterwards, and none is lost."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from contact.models import Enquiry
from newsletter.models import AuthorRule, Campaign, Comment, Delivery, Follow, Subscriber
from tests.conftest import SmallSite
from vasite.mail.models import OutgoingMail, OutgoingMailAddress

pytestmark = pytest.mark.django_db
newsletter = import_module("newsletter.migrations.0014_write_email_keys")
contact = import_module("contact.migrations.0007_write_email_keys")
mail = import_module("vasite.mail.migrations.0004_write_addresses")


def subscriber(email: str, key: str, status: str) -> Subscriber:
    made = Subscriber.objects.create(email=f"{key}@draft.example", status=status)
    Subscriber.objects.filter(pk=made.pk).update(email=email, email_key=key)
    return made


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("confirmed", "unsubscribed", "unsubscribed"),
        ("unconfirmed", "confirmed", "confirmed"),
        ("bounced", "confirmed", "confirmed"),
        ("complained", "unsubscribed", "complained"),
        ("blocked", "confirmed", "blocked"),
        ("held", "unconfirmed", "unconfirmed"),
    ],
)
def test_of_two_rows_for_one_subscriber_the_safer_state_stays(
    first: str, second: str, kept: str
) -> None:
    rows = [
        subscriber("reader@example.com", "reader@example.com", first),
        subscriber("reader@example.com\u200b", "reader@example.com\u200b", second),
    ]
    campaigns = [Campaign.objects.create(subject=f"Number {number}") for number in range(2)]
    now = timezone.now()
    for row, sent in zip(rows, ([0], [0, 1]), strict=True):
        row.events.create(text=f"History of {row.pk}")
        for number in sent:
            Delivery.objects.create(campaign=campaigns[number], subscriber=row, send_after=now)
    other = subscriber("anna@straße.example", "anna@strasse.example", "confirmed")
    newsletter.write_subscribers_keys(apps, None)
    left = Subscriber.objects.exclude(pk=other.pk).get()
    assert (left.status, left.email, left.email_key) == (kept, *["reader@example.com"] * 2)
    assert left.events.count() == 2
    assert sorted(left.deliveries.values_list("campaign", flat=True)) == [
        campaign.pk for campaign in campaigns
    ]
    other.refresh_from_db()
    assert other.email_key == "anna@xn--strae-oqa.example"


def test_what_is_no_address_stays_as_it_was_written() -> None:
    row = subscriber("用户@example.com", "用户@example.com", "confirmed")
    newsletter.write_subscribers_keys(apps, None)
    row.refresh_from_db()
    assert row.email == "用户@example.com"
    assert row.email_key.startswith("no-address:")


def test_enquiries_comments_and_follows_are_found_by_their_key(site: SmallSite) -> None:
    enquiry = Enquiry(name="Zoë", email="zoe@example.com", message="Hello")
    enquiry.set_content("1")
    enquiry.save()
    comment = Comment(page=site.post, name="Zoë", email="zoe@example.com", comment="Hello")
    comment.set_content("1")
    comment.save()
    Enquiry.objects.update(email="Zoe@BÜCHER.example", email_key="")
    Comment.objects.update(email="Zoe@BÜCHER.example", email_key="")
    follows = [
        Follow.objects.create(thread=comment, email=f"{name}@example.com") for name in ("a", "b")
    ]
    Follow.objects.filter(pk=follows[0].pk).update(email="zoe@bücher.example\u200b", email_key="a")
    Follow.objects.filter(pk=follows[1].pk).update(
        email="zoe@bücher.example", email_key="b", confirmed_at=timezone.now()
    )
    newsletter.write_keys(apps, None)
    newsletter.write_follows_keys(apps, None)
    contact.write_keys(apps, None)
    key = "zoe@xn--bcher-kva.example"
    assert Enquiry.objects.get(email_key=key).email == "Zoe@bücher.example"
    assert Comment.objects.get(email_key=key).email == "Zoe@bücher.example"
    assert Follow.objects.get(email_key=key) == follows[1]


def test_of_two_rules_for_one_author_the_stricter_stays() -> None:
    for key, rule in (
        ("mike@straße.example", "trusted"),
        ("MIKE@xn--strae-oqa.example", "blocked"),
        ("用户@example.com", "blocked"),
    ):
        AuthorRule.objects.create(email_key=key, rule=rule)
    newsletter.write_rules_keys(apps, None)
    rules = dict(AuthorRule.objects.values_list("email_key", "rule"))
    assert rules == {"mike@xn--strae-oqa.example": "blocked", "用户@example.com": "blocked"}


def test_mails_of_before_are_found_by_each_of_their_addresses() -> None:
    OutgoingMail.objects.create(
        subject="Hi",
        sender="a@example.com",
        recipients=["zoe@BÜCHER.example"],
        cc=["c@example.com"],
        reply_to=["Anna <d@example.com>"],
        text="Hello",
    )
    mail.write_addresses(apps, None)
    for email in ("ZOE@bücher.example", "c@example.com", "d@example.com"):
        assert OutgoingMail.objects.of_person(email).count() == 1
    assert OutgoingMailAddress.objects.count() == 3
