"""Nobody can use the site's forms to write to strangers, or to flood their inboxes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.utils import timezone

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from tests.conftest import SmallSite
from tests.security.conftest import MailServer, ip_address, solve
from vasite.home.tasks import tell_of_waiting
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due

Work = Callable[[], None]
Status = OutgoingMail.Status


def subscribe(number: int) -> str:
    email = f"victim{number}@example.org"
    Client().post(
        "/newsletter/subscribe/",
        {"email": email, "altcha": solve()},
        REMOTE_ADDR=ip_address(number),
    )
    return email


def enquire(number: int, **changes: str) -> str:
    email = f"victim{number}@example.org"
    fields = {
        "name": f"Hannah {number}",
        "email": email,
        "message": f"Could you look after diary number {number} for me?",
        "altcha": solve(),
    }
    Client().post("/contact/", fields | changes, REMOTE_ADDR=ip_address(number))
    return email


def ask_for_data(number: int) -> str:
    """Asks for the data of somebody who wrote before anybody counted."""
    email = f"victim{number}@example.org"
    enquiry = Enquiry(name="Ann", email=email, message="Hello", state="answered")
    enquiry.set_content(email)
    enquiry.save()
    Client().post("/privacy/your-data/", {"email": email}, REMOTE_ADDR=ip_address(number))
    return email


def forget_password(number: int) -> str:
    email = f"victim{number}@example.org"
    get_user_model().objects.create_user(f"user{number}", email, "secret")
    Client().post("/admin/password_reset/", {"email": email}, REMOTE_ADDR=ip_address(number))
    return email


def follow_thread(number: int) -> str:
    email = f"victim{number}@example.org"
    comment = Comment(
        page_id=Comment.page.field.related_model.objects.get().pk,
        name="Ann",
        email=email,
        comment=f"Number {number}",
        wants_answers=True,
    )
    comment.set_content(email)
    comment.save()
    admin, _ = get_user_model().objects.get_or_create(username="approver", is_superuser=True)
    owner = Client()
    owner.force_login(admin)
    owner.post(f"/admin/comments/{comment.pk}/decide/", {"status": "approved"})
    return email


def held_addresses() -> list[str]:
    held = OutgoingMail.objects.filter(status=Status.HELD).order_by("pk")
    return [address for mail in held for address in mail.recipients]


KINDS = [
    pytest.param(subscribe, "subscription", id="subscriptions"),
    pytest.param(enquire, "acknowledgement", id="acknowledgements"),
    pytest.param(ask_for_data, "data_request", id="links to data"),
    pytest.param(forget_password, "password_reset", id="password resets"),
    pytest.param(follow_thread, "thread", id="followed threads"),
]


@pytest.mark.parametrize(("cause", "limit"), KINDS)
def test_strangers_get_only_so_many_emails_an_hour_and_the_rest_is_held_not_lost(
    site: SmallSite,
    work: Work,
    mail_server: MailServer,
    cause: Callable[[int], str],
    limit: str,
) -> None:
    allowed = django_settings.EMAILS_PER_HOUR[limit]
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        asked = [cause(number) for number in range(allowed + 3)]
        work()
        deliver_due.func()
    sent = [address for address in mail_server.recipients if address.startswith("victim")]
    assert sent == asked[:allowed]
    assert held_addresses() == asked[allowed:]
    with time_machine.travel(now + timedelta(minutes=59), tick=False):
        deliver_due.func()
    assert held_addresses() == asked[allowed:]
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        deliver_due.func()
    sent = [address for address in mail_server.recipients if address.startswith("victim")]
    assert sent == asked
    assert held_addresses() == []


def test_sixty_strangers_cannot_be_mailed_at_once_by_one_program(
    site: SmallSite, work: Work, mail_server: MailServer
) -> None:
    for number in range(60):
        subscribe(number)
    work()
    assert Subscriber.objects.count() == 60
    assert len(mail_server.recipients) == django_settings.EMAILS_PER_HOUR["subscription"]


def test_emails_that_waited_for_a_mail_server_do_not_all_leave_at_once(
    site: SmallSite, work: Work, request: pytest.FixtureRequest
) -> None:
    allowed = django_settings.EMAILS_PER_HOUR["subscription"]
    start = timezone.now()
    for hour in range(2):
        with time_machine.travel(start + timedelta(hours=2 * hour), tick=False):
            for number in range(allowed):
                subscribe(hour * allowed + number)
    assert OutgoingMail.objects.waiting().count() == 2 * allowed
    mail_server = request.getfixturevalue("mail_server")
    with time_machine.travel(start + timedelta(hours=9), tick=False):
        deliver_due.func()
    assert len(mail_server.recipients) == allowed
    with time_machine.travel(start + timedelta(hours=10, minutes=1), tick=False):
        deliver_due.func()
    assert len(mail_server.recipients) == 2 * allowed


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_limit_holds_for_people_who_press_the_button_at_the_same_moment(
    site: SmallSite, settings: Any
) -> None:
    settings.EMAILS_PER_HOUR = settings.EMAILS_PER_HOUR | {"acknowledgement": 2}
    barrier = threading.Barrier(8)

    def send(number: int, proof: str) -> None:
        barrier.wait()
        try:
            enquire(number, altcha=proof)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(number, solve())) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Enquiry.objects.count() == 8
    thanks = OutgoingMail.objects.filter(rate_limit="acknowledgement")
    assert (thanks.waiting().count(), thanks.filter(status=Status.HELD).count()) == (2, 6)


def test_the_owner_is_notified_of_every_enquiry_though_its_acknowledgement_is_held(
    site: SmallSite, va: Client, settings: Any
) -> None:
    settings.EMAILS_PER_HOUR = settings.EMAILS_PER_HOUR | {"acknowledgement": 1}
    for number in range(3):
        enquire(number)
    to_owner = OutgoingMail.objects.filter(recipients=["owner@example.com"])
    assert {mail.status for mail in to_owner} == {Status.WAITING}
    assert to_owner.count() == Enquiry.objects.count() == 3
    page = va.get("/admin/outbox/?status=held").text
    assert "victim1@example.org" in page
    assert "victim2@example.org" in page
    assert "Held: too many within an hour" in page
    assert tell_of_waiting.func() == 2
    assert "Emails held back: 2" in to_owner.latest("pk").text


def test_the_owner_sends_or_deletes_what_is_held(
    site: SmallSite, va: Client, settings: Any, mail_server: MailServer, work: Work
) -> None:
    settings.EMAILS_PER_HOUR = settings.EMAILS_PER_HOUR | {"subscription": 1}
    emails = [subscribe(number) for number in range(5)]
    held = list(OutgoingMail.objects.filter(status=Status.HELD).order_by("pk"))
    page = va.get(f"/admin/outbox/inspect/{held[0].pk}/").text
    assert "Send it now" in page
    assert f"/admin/outbox/{held[0].pk}/cancel/" in page
    va.post(f"/admin/outbox/{held[0].pk}/send-again/")
    va.post(f"/admin/bulk/mail/outgoingmail/send_emails/?id={held[1].pk}&id={held[2].pk}")
    va.post(f"/admin/bulk/mail/outgoingmail/cancel_emails/?id={held[3].pk}")
    work()
    assert sorted(mail_server.recipients) == sorted(emails[:4])
    assert OutgoingMail.objects.exclude(status=Status.SENT).get().status == Status.CANCELLED


def test_an_email_that_was_sent_cannot_be_sent_or_deleted_by_mistake(
    site: SmallSite, va: Client, mail_server: MailServer, work: Work
) -> None:
    subscribe(1)
    work()
    key = OutgoingMail.objects.get().pk
    for action in ("send_emails", "cancel_emails"):
        va.post(f"/admin/bulk/mail/outgoingmail/{action}/?id={key}")
    work()
    assert OutgoingMail.objects.get().status == Status.SENT
    assert len(mail_server.recipients) == 1


def test_an_editor_who_may_not_see_the_outbox_releases_and_deletes_nothing(
    site: SmallSite, client: Client, settings: Any
) -> None:
    settings.EMAILS_PER_HOUR = settings.EMAILS_PER_HOUR | {"subscription": 0}
    subscribe(1)
    key = OutgoingMail.objects.get().pk
    editor = get_user_model().objects.create_user("editor", "editor@example.com", "secret")
    editor.groups.add(editor.groups.model.objects.get(name="Editors"))
    client.force_login(editor)
    client.post(f"/admin/outbox/{key}/send-again/")
    for action in ("send_emails", "cancel_emails"):
        client.post(f"/admin/bulk/mail/outgoingmail/{action}/?id={key}")
    assert OutgoingMail.objects.get().status == Status.HELD


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Your Bank", "Please visit www.evil-shop.example for your account."),
        ("https://evil.example/pay", "Hello"),
        ("Win <b>money</b>", "Ring +44 1632 960000 now, says Ann"),
    ],
)
@pytest.mark.parametrize("own_text", ["", "Dear {name},\nI read every message. Bye, {name}!"])
def test_an_acknowledgement_carries_no_word_of_whoever_typed_the_address(
    site: SmallSite, name: str, message: str, own_text: str
) -> None:
    site.contact.acknowledgement = own_text
    site.contact.save_revision().publish()
    enquire(1, name=name, message=message, phone="01632 960733")
    enquiry = Enquiry.objects.get()
    if enquiry.verdict != "ham":  # looked like spam: nobody was mailed, which is as good
        assert not OutgoingMail.objects.filter(recipients=["victim1@example.org"]).exists()
        return
    mail = OutgoingMail.objects.get(recipients=["victim1@example.org"])
    whole = mail.as_message().message().as_string() + mail.text + mail.html
    typed = {*name.split(), *message.split(), "960733"}
    innocent = {"for", "your", "Please", "Your", "now,", "says", "visit", "Hello", "Bank"}
    for word in typed - innocent:
        assert word not in whole, word
    assert "{name}" not in whole


@pytest.mark.parametrize(
    ("text", "greeting"),
    [
        ("Dear {name}, thank you.", "Hello, thank you."),
        ("Thank you, {name}! I will ring.", "Thank you! I will ring."),
        ("Hello {name}\nThank you.", "Hello\n"),
        ("{name}, thank you.", "thank you."),
    ],
)
def test_an_acknowledgement_greets_neutrally_where_the_owner_left_a_place_for_the_name(
    site: SmallSite, text: str, greeting: str
) -> None:
    site.contact.acknowledgement = text
    site.contact.save_revision().publish()
    enquire(1)
    text = OutgoingMail.objects.get(recipients=["victim1@example.org"]).text
    assert text.startswith(greeting)


@pytest.mark.parametrize(
    ("email", "is_thanked"),
    [
        ("admin@example.com", True),
        ("team@example.com", True),
        ("staff@example.com", True),
        ("news@example.com", True),
        ("all@example.com", True),
        ("webmaster@example.com", True),
        ("team-list@example.com", True),
        ("noreen.reply@example.com", True),
        ("no-reply@example.com", False),
        ("No_Reply@example.com", False),
        ("noreply+tag@example.com", False),
        ("orders-noreply@example.com", False),
        ("do-not-reply@example.com", False),
        ("donotreply@example.com", False),
        ("MAILER-DAEMON@example.com", False),
        ("bounces+123@example.com", False),
        ("Postmaster@example.com", False),
        ("list-request@example.com", False),
        ("owner-dogs@example.com", False),
    ],
)
def test_a_shared_mailbox_is_thanked_and_one_that_nobody_reads_is_not(
    site: SmallSite, email: str, is_thanked: bool
) -> None:
    enquire(1, email=email)
    assert Enquiry.objects.get().verdict == "ham"
    assert OutgoingMail.objects.filter(recipients=[email]).exists() is is_thanked


def test_nobody_floods_the_owner_by_erasing_their_own_data_again_and_again(
    site: SmallSite, client: Client, settings: Any, work: Work
) -> None:
    settings.EMAILS_PER_HOUR = settings.EMAILS_PER_HOUR | {"erasure": 2, "notification": 3}
    enquire(0)
    client.post("/privacy/your-data/", {"email": "victim0@example.org"})
    work()
    mail = OutgoingMail.objects.get(rate_limit="data_request")
    path = mail.text.split("http://127.0.0.1:8000")[1].split()[0]
    for number in range(1, 6):
        enquire(number, email="victim0@example.org")
        assert client.post(path).status_code == 303
    to_owner = OutgoingMail.objects.filter(recipients=["owner@example.com"])
    # The link is worth nothing once nothing else is kept of them
    assert to_owner.filter(rate_limit="erasure").count() == 1
