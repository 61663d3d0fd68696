"""Mails wait in the outbox, go out by a real SMTP server, and tell what it said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core.mail import BadHeaderError, EmailMessage, send_mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from newsletter.models import Subscriber
from tests.conftest import SmallSite
from tests.served import free_port
from vasite.mail.letters import send_letter, text_of
from vasite.mail.models import RETRY_PAUSES, OutgoingMail
from vasite.mail.tasks import deliver_due

pytestmark = pytest.mark.django_db


class MailServer:
    """A real SMTP server that answers as it is told."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.received: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.received.append(envelope.content)
        return "250 Message accepted"


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    mail_server = MailServer()
    controller = Controller(mail_server, hostname="127.0.0.1", port=free_port())
    controller.start()
    port = controller.port
    settings.MAIL_TRANSPORT = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
    }
    yield mail_server
    controller.stop()


def write() -> OutgoingMail:
    send_mail("Hello", "Text", None, ["reader@example.com"])
    return OutgoingMail.objects.get()


def test_without_a_server_mail_waits_and_can_be_read(va: Client) -> None:
    mail = write()
    assert deliver_due.call() == 0
    mail.refresh_from_db()
    assert mail.status == "waiting"
    assert "Outbox (1)" in va.get("/admin/").text
    assert "Email isn’t connected yet" in va.get("/admin/").text
    page = va.get(f"/admin/outbox/inspect/{mail.pk}/").text
    assert "reader@example.com" in page


def test_it_goes_out_once(server: MailServer) -> None:
    mail = write()
    assert deliver_due.call() == 1
    assert deliver_due.call() == 0
    mail.refresh_from_db()
    assert mail.status == "sent"
    (raw,) = server.received
    assert b"Auto-Submitted: auto-generated" in raw
    assert f"Message-ID: {mail.headers['Message-ID']}".encode() in raw


def test_many_mails_wait_for_one_delivery_which_sends_them_all(
    server: MailServer, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasite.mail.tasks.AT_ONCE", 2)
    for number in range(5):
        send_mail(f"Number {number}", "Text", None, ["reader@example.com"])
    assert DBTaskResult.objects.ready().count() == 1
    work()
    assert not OutgoingMail.objects.exclude(status="sent").exists()
    assert len(server.received) == 5


def test_a_soft_failure_is_tried_again_with_growing_pauses_for_a_day(server: MailServer) -> None:
    mail = write()
    server.answer = "451 Try again later"
    start = now = timezone.now()
    for _ in range(len(RETRY_PAUSES) + 1):
        with time_machine.travel(now, tick=False):
            deliver_due.call()
        mail.refresh_from_db()
        now = max(mail.send_after, now) + timedelta(seconds=1)
    assert mail.status == "failed"
    assert mail.answer == "451 Try again later"
    assert sum(RETRY_PAUSES, timedelta()) == timedelta(days=1)
    assert now - start >= timedelta(days=1)
    assert sorted(RETRY_PAUSES) == RETRY_PAUSES


def test_a_hard_failure_shows_the_servers_answer(server: MailServer, va: Client) -> None:
    mail = write()
    server.answer = "550 No such user"
    deliver_due.call()
    mail.refresh_from_db()
    assert mail.status == "failed"
    assert "550 No such user" in va.get(f"/admin/outbox/inspect/{mail.pk}/").text
    server.answer = "250 OK"
    va.post(f"/admin/outbox/{mail.pk}/send-again/")
    deliver_due.call()
    mail.refresh_from_db()
    assert mail.status == "sent"


def test_a_mail_stopped_while_it_was_sent_is_never_sent_again_by_itself(
    server: MailServer,
) -> None:
    mail = write()
    OutgoingMail.objects.update(status="sending", send_after=timezone.now() - timedelta(minutes=3))
    deliver_due.call()
    mail.refresh_from_db()
    assert mail.status == "unsure"
    assert server.received == []


def test_a_server_that_is_gone_loses_nothing(settings) -> None:
    settings.MAIL_TRANSPORT = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": 1,
    }
    mail = write()
    deliver_due.call()
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("waiting", 1)
    assert mail.send_after > timezone.now()


def test_a_line_end_in_a_header_is_refused() -> None:
    with pytest.raises(BadHeaderError):
        EmailMessage("A\nBcc: all@example.com", "Text", None, ["a@example.com"]).send()
    assert not OutgoingMail.objects.exists()


def test_both_parts_say_the_same() -> None:
    send_letter("mail/base.html", {}, subject="Hi", to=["a@example.com"])
    message = OutgoingMail.objects.get().as_message().message()
    assert [part.get_content_type() for part in message.get_payload()] == [
        "text/plain",
        "text/html",
    ]
    html = '<p>Read <a href="https://x.example/">this</a></p><ul><li>One</li><li>Two</li></ul>'
    assert text_of(html) == "Read this: https://x.example/\n\n- One\n- Two\n"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_the_text_part_holds_what_was_written(words: str) -> None:
    assert text_of(f"<p>{escape(words)}</p>").split() == words.split()


FAULTY_FIELDS = [
    {"subject": "A\nBcc: all@example.com"},
    {"recipients": [None]},
    {"recipients": [], "cc": [""]},
    {"headers": ["no", "names"]},
]


@pytest.mark.parametrize("fields", FAULTY_FIELDS, ids=lambda fields: next(iter(fields)))
def test_a_faulty_email_holds_only_itself_and_waits_ever_longer(
    server: MailServer, va: Client, work: Callable[[], None], fields: dict[str, object]
) -> None:
    write()
    OutgoingMail.objects.update(**fields)
    faulty = OutgoingMail.objects.get()
    send_mail("Another", "Text", None, ["reader@example.com"])
    work()
    assert OutgoingMail.objects.get(subject="Another").status == "sent"
    faulty.refresh_from_db()
    assert (faulty.status, faulty.attempts) == ("waiting", 1)
    assert faulty.send_after > timezone.now()
    assert not DBTaskResult.objects.ready().exists(), "it is not tried again at once"
    assert "Next try on" in va.get("/admin/outbox/").text
    now = faulty.send_after
    pauses = []
    while faulty.status == "waiting":
        with time_machine.travel(now, tick=False):
            deliver_due.call()
        faulty.refresh_from_db()
        pauses.append(faulty.send_after - now)
        now = max(now, faulty.send_after) + timedelta(seconds=1)
    assert faulty.status == "failed"
    assert len(pauses) == len(RETRY_PAUSES)
    assert "refused by the mail server" in va.get("/admin/").text


def test_what_has_waited_for_days_is_not_sent_without_asking(
    server: MailServer, va: Client
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        old = write()
    send_mail("New", "Text", None, ["reader@example.com"])
    assert deliver_due.call() == 1
    old.refresh_from_db()
    assert old.status == "overdue"
    assert "1 held in the outbox" in va.get("/admin/").text
    assert "Should it still go out?" in va.get(f"/admin/outbox/inspect/{old.pk}/").text
    va.post(f"/admin/bulk/mail/outgoingmail/send_emails/?id={old.pk}")
    assert deliver_due.call() == 1
    old.refresh_from_db()
    assert old.status == "sent"


@pytest.mark.parametrize("way", ["page", "list"])
def test_she_decides_that_an_email_is_not_sent(server: MailServer, va: Client, way: str) -> None:
    mail = write()
    if way == "page":
        va.post(f"/admin/outbox/{mail.pk}/cancel/")
    else:
        va.post(f"/admin/bulk/mail/outgoingmail/cancel_emails/?id={mail.pk}")
    assert deliver_due.call() == 0
    assert server.received == []
    page = va.get(f"/admin/outbox/inspect/{mail.pk}/").text
    assert "Not sent: You cancelled it" in page
    va.post(f"/admin/outbox/{mail.pk}/send-again/")
    assert deliver_due.call() == 0, "cancelled is cancelled"
    assert "Outbox (1)" not in va.get("/admin/").text


def test_what_was_sent_cannot_be_cancelled(server: MailServer, va: Client) -> None:
    mail = write()
    deliver_due.call()
    assert "too late" in va.post(f"/admin/outbox/{mail.pk}/cancel/", follow=True).text
    mail.refresh_from_db()
    assert mail.status == "sent"


def test_she_deletes_an_email_and_it_never_goes_out(server: MailServer, va: Client) -> None:
    mail = write()
    va.post(f"/admin/outbox/delete/{mail.pk}/")
    assert deliver_due.call() == 0
    assert not OutgoingMail.objects.exists()


def test_a_confirmation_already_confirmed_is_not_sent_when_email_is_connected(
    client: Client, site: SmallSite, settings, request: pytest.FixtureRequest
) -> None:
    for name in ("ada", "bob"):
        client.post("/newsletter/subscribe/", {"email": f"{name}@example.com"})
    Subscriber.objects.get(email="ada@example.com").confirm()
    server = request.getfixturevalue("server")
    deliver_due.call()
    states = {mail.recipient_line: mail.state_text for mail in OutgoingMail.objects.all()}
    assert states["ada@example.com"] == "Not sent: It is no longer needed"
    assert states["bob@example.com"].startswith("Sent on ")
    assert len(server.received) == 1


def test_strangers_read_no_mail(client: Client) -> None:
    mail = write()
    for path in (f"/admin/outbox/{mail.pk}/html/", "/admin/outbox/"):
        assert client.get(path).status_code == 302
    for action in ("cancel", "send-again"):
        assert client.post(f"/admin/outbox/{mail.pk}/{action}/").status_code == 403
    mail.refresh_from_db()
    assert mail.status == "waiting"
