"""What mail servers send back to a mailbox is read there, and nothing else is touched."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from email import message_from_bytes
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from imap_tools import MailBoxUnencrypted

from newsletter.models import Delivery, Subscriber
from newsletter.returning import take_report
from newsletter.tasks import read_mailbox
from tests.newsletter import imap_server
from tests.newsletter.test_returning import reader  # noqa: F401
from vasite.environment import Mailbox, _mailbox
from vasite.home.troubles import failing_tasks


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with imap_server.running() as port:
        yield port


@pytest.fixture
def mailbox(settings: Any, imap_port: int) -> Iterator[Any]:
    place = Mailbox("127.0.0.1", imap_port, uuid.uuid4().hex, imap_server.PASSWORD, "INBOX", False)
    settings.BOUNCE_MAILBOX = place
    opened = MailBoxUnencrypted(place.host, place.port)
    with opened.login(place.user, place.password) as connection:
        yield connection


def bounce(
    message_id: str, status: str = "5.1.1", diagnostic: str = "", action: str = "failed"
) -> bytes:
    """What Postfix sends, shortened."""
    return f"""\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: va@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Fri,  8 May 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; reader@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic or "550 5.1.1 No such user"}

--B
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: Spring
To: reader@example.com

--B--
""".replace("\n", "\r\n").encode()


def complaint(message_id: str, kind: str = "abuse") -> bytes:
    """What a mailbox provider sends by RFC 5965."""
    return f"""\
From: <abusedesk@example.net>
Subject: FW: Spring
To: va@example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822

From: va@example.com
To: (redacted)
Subject: Spring
Message-ID: {message_id}

Hello
--B--
""".replace("\n", "\r\n").encode()


def flags(mailbox: Any) -> list[set[str]]:
    mailbox.folder.set("INBOX")
    found = mailbox.fetch(mark_seen=False, headers_only=True)
    return [set(mail.flags) & {"\\Seen", "\\Flagged"} for mail in found]


@pytest.mark.parametrize(
    ("report", "becomes", "letter"),
    [
        ({}, "bounced", "returned"),
        ({"status": "5.2.1"}, "bounced", "returned"),
        ({"status": "5.0.0"}, "bounced", "returned"),  # the diagnostic says 5.1.1
        ({"status": "5.2.2", "diagnostic": "552 5.2.2 Over quota"}, "confirmed", "returned"),
        ({"status": "5.1.8", "diagnostic": "553 5.1.8 Sender?"}, "confirmed", "returned"),
        ({"status": "4.4.7", "diagnostic": "421 too long"}, "confirmed", "returned"),
        ({"status": "4.4.1", "action": "delayed"}, "confirmed", "sent"),
    ],
)
def test_a_mail_server_reports(
    mailbox: Any,
    reader: Subscriber,  # noqa: F811
    report: dict[str, str],
    becomes: str,
    letter: str,
) -> None:
    mailbox.append(bounce(Delivery.objects.get().message_id, **report))
    for _ in range(2):
        read_mailbox.func()
    reader.refresh_from_db()
    assert (reader.status, Delivery.objects.get().status) == (becomes, letter)
    assert reader.events.count() == (becomes != "confirmed")
    assert flags(mailbox) == [{"\\Seen"}]


@pytest.mark.parametrize(("kind", "becomes"), [("abuse", "complained"), ("not-spam", "confirmed")])
def test_a_reader_complains(
    mailbox: Any,
    reader: Subscriber,  # noqa: F811
    kind: str,
    becomes: str,
) -> None:
    mailbox.append(complaint(Delivery.objects.get().message_id, kind))
    read_mailbox.func()
    reader.refresh_from_db()
    assert reader.status == becomes
    assert flags(mailbox) == [{"\\Seen"}]


def test_what_is_no_report_stays_unread_with_a_star(
    mailbox: Any,
    reader: Subscriber,  # noqa: F811
) -> None:
    delivery = Delivery.objects.get()
    ours = delivery.message_id
    another = Delivery(pk=delivery.pk + 1).signature
    forged = ours.replace(delivery.signature, another)
    mails = [
        bounce(forged),  # by somebody who never had the letter
        bounce("<somebody@elsewhere.example>"),
        f"Subject: Re: Spring\r\nIn-Reply-To: {ours}\r\n\r\nThank you, I liked it.".encode(),
        b"\xff\xfe no mail at all",
    ]
    for mail in mails:
        mailbox.append(mail)
    assert read_mailbox.func() == 0
    reader.refresh_from_db()
    assert (reader.status, Delivery.objects.get().status) == ("confirmed", "sent")
    assert flags(mailbox) == [{"\\Flagged"}] * len(mails)


def nested(level: str) -> str:
    return "".join(level.format(number) for number in range(2000))


@pytest.mark.parametrize(
    "rest",
    [
        nested("Content-Type: message/rfc822\r\n\r\n"),
        nested("Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n"),
        "Subject: =?utf\N{NO-BREAK SPACE}8?Q?Hello?=\r\n\r\n",
        "Subject: Hello\r\nContent-Type: text/plain; charset=undefined\r\n\r\nÉ",
    ],
    ids=["nested messages", "nested parts", "character set of a header", "of the text"],
)
def test_a_mail_beyond_reading_keeps_no_other_from_being_read(
    mailbox: Any,
    reader: Subscriber,  # noqa: F811
    rest: str,
) -> None:
    mailbox.append(f"From: MAILER-DAEMON@example.com\r\n{rest}Hello".encode())
    mailbox.append(bounce(Delivery.objects.get().message_id))
    assert read_mailbox.func() == 1
    reader.refresh_from_db()
    assert reader.status == "bounced"
    assert flags(mailbox) == [{"\\Flagged"}, {"\\Seen"}]


@pytest.mark.django_db
@given_settings(max_examples=500)
@example(kind=complaint, place=0.390625, length=0, noise=b"\x00")  # in a character set's name
@given(
    kind=st.sampled_from([bounce, complaint]),
    place=st.floats(0, 1),
    length=st.integers(0, 200),
    noise=st.binary(max_size=50),
)
def test_a_broken_report_is_no_error(kind: Any, place: float, length: int, noise: bytes) -> None:
    raw = kind(Delivery(pk=1).message_id)
    start = int(place * len(raw))
    take_report(message_from_bytes(raw[:start] + noise + raw[start + length :]))


def test_the_owner_is_told_of_a_mailbox_that_lets_nobody_in(
    settings: Any, db: None, mailbox: Any, caplog: Any, work: Callable[[], None]
) -> None:
    settings.BOUNCE_MAILBOX = settings.BOUNCE_MAILBOX._replace(password="another")
    for _ in range(3):
        read_mailbox.enqueue()
        work()
    assert "BOUNCE_MAILBOX_URL can't be read" in caplog.text
    assert "another" not in caplog.text
    assert failing_tasks() == "newsletter.tasks.read_mailbox"


def test_without_a_mailbox_nothing_is_read(settings: Any, db: None) -> None:
    settings.BOUNCE_MAILBOX = None
    assert read_mailbox.func() == 0


def test_the_address_of_a_mailbox() -> None:
    assert _mailbox("imaps://bounces%40example.com:p%2Fw@mail.example.com/Letters") == (
        *("mail.example.com", 993, "bounces@example.com", "p/w", "Letters", True),
    )
    for wrong in ["imap://u:p@mail.example.com", "imaps://mail.example.com", "pop3://u:p@h"]:
        with pytest.raises(ValueError):  # noqa: PT011
            _mailbox(wrong)
