"""Bounces are understood in every form that servers give them, and end no address by mistake."""

from __future__ import annotations

import time
from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from newsletter.bounces import read_report
from newsletter.models import Delivery, Subscriber, UnreadReport
from newsletter.returning import take_report
from tests.newsletter.test_returning import reader  # noqa: F401

DAEMON = "MAILER-DAEMON@mx.example.net (Mail Delivery System)"
COPY = "\n--- Below this line is a copy of the message.\n\nMessage-ID: {id}\nSubject: Spring\n"
GONE, THIS_ONE, NOTHING = (
    ("bounced", "returned"),
    ("confirmed", "returned"),
    ("confirmed", "sent"),
)


def fields(
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    action: str = "failed",
    final: str = "rfc822; reader@example.com",
    **more: str,
) -> str:
    """The fields of RFC 3464; one that is given as "" is left out."""
    recipient = {"Final-Recipient": final, "Action": action, "Status": status}
    recipient |= {"Diagnostic-Code": diagnostic}
    recipient |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{name}: {value}" for name, value in recipient.items() if value]
    return "\n".join(["Reporting-MTA: dns; mx.example.net", "", *lines, ""])


def encoded(text: str, encoding: str) -> str:
    if encoding == "base64":
        return b64encode(text.encode()).decode()
    if encoding == "quoted-printable":  # with soft breaks wherever they may be
        return "=\n".join(text.replace("=", "=3D")[i : i + 40] for i in range(0, len(text), 40))
    return text


def notification(
    report: str,
    returned: str = "Message-ID: {id}\nTo: reader@example.com\n\nHello",
    words: str = "Your message could not be delivered.",
    kind: str = "message/delivery-status",
    returned_kind: str = "message/rfc822",
    encoding: str = "7bit",
    sender: str = DAEMON,
) -> str:
    return f"""\
From: {sender}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

{words}

--B
Content-Type: {kind}
Content-Transfer-Encoding: {encoding}

{encoded(report, encoding)}

--B
Content-Type: {returned_kind}
Content-Transfer-Encoding: {encoding}

RETURNED{encoding}:{returned}:RETURNED
--B--
"""


def words_only(
    text: str, sender: str = DAEMON, subject: str = "failure notice", **more: str
) -> str:
    head = {"Return-Path": "<>", "From": sender, "Subject": subject} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return "\n".join([*(f"{name}: {value}" for name, value in head.items()), "", text])


COPY = "\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {id}\n"
QMAIL = """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@example.com>:
192.0.2.1 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name
Giving up on 192.0.2.1.
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  reader@example.com
    SMTP error from remote mail server after {step}:
    host mx.example.com [192.0.2.1]: 550 Unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: {{id}}
"""
EXCHANGE = """Your message

  To:      reader@example.com
  Subject: Spring

did not reach the following recipient(s):

reader@example.com on Thu, 29 Apr 2010 00:00:00 -0000
    The recipient name is not recognized
"""
YAHOO = """Sorry, we were unable to deliver your message to the following address.

<reader@example.com>:
Remote host said: 550 5.1.1 <reader@example.com>... User unknown [RCPT_TO]

--- Below this line is a copy of the message.

Message-ID: {id}
"""
GMAIL = """Delivery to the following recipient failed permanently:

     reader@example.com

Technical details of permanent failure:
The recipient server did not accept our requests. The error that the other server returned was:
550 550 5.1.1 No such user here (state 14).

----- Original message -----

Message-ID: {id}
"""
TWO = """The following addresses failed:

<reader@example.com>:
    host mx.example.com: {reader}

<other@example.com>:
    host mx.example.com: {other}
"""
IS_GONE, IS_FULL = "550 5.1.1 User unknown", "552 5.2.2 mailbox is full"
DELAY = """This is a warning message only. You don't need to resend your message.

<reader@example.com>: 550 5.1.1 User unknown. The message will be retried for two days.
"""
FULL = QMAIL.replace("550 sorry, no mailbox here by that name", "552 mailbox is full (#5.2.2)")


def report_of_words(kind: str, sender: str, **more: str) -> str:
    """Return a report (RFC 6522) of some kind that has words alone."""
    content_type = f"multipart/report; report-type={kind}; boundary=B"
    message = words_only(EXCHANGE + COPY, sender, Content_Type=content_type, **more)
    part = "\n\n--B\nContent-Type: text/plain\n\n"
    return message.replace("\n\n", part, 1) + "\n--B--\n"


CASES = {
    "report": (notification(fields()), GONE),
    "no status": (notification(fields(status="")), GONE),
    "5.0.0 and words": (notification(fields("5.0.0", "smtp; 550 User unknown")), GONE),
    "invalid recipient": (notification(fields("5.5.0", "smtp; 550 invalid recipient")), GONE),
    "access denied": (
        notification(fields("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied")),
        GONE,
    ),
    "words beside the fields": (
        notification(fields("5.0.0", ""), words="<reader@example.com>: 550 no such user"),
        GONE,
    ),
    "Japanese that nobody names": (
        notification(
            fields(
                "5.0.0", "X-Notes; 宛先はディレクトリに見つかりません".encode("iso2022_jp").decode()
            )
        ),
        GONE,
    ),
    "an encoded word": (  # RFC 2047
        notification(fields("5.0.0", "smtp; =?utf-8?B?NTUwIFVzZXIgdW5rbm93bg==?=")),
        GONE,
    ),
    "HTML with named signs": (
        words_only(
            "<!-- mailbox full --><p>&lt;reader&#64;example.com&gt;</p>"
            "<p>550 The&nbsp;mailbox doesn&rsquo;t&nbsp;exist</p>\n" + COPY,
            Content_Type="text/html",
        ),
        GONE,
    ),
    "disabled and so unknown": (
        notification(
            fields("5.0.0", ""),
            words="The user(s) account is disabled.\n\n<reader@example.com>: 550 user unknown",
        ),
        THIS_ONE,
    ),
    "disabled by its status": (
        notification(
            fields(
                "5.2.1 (mailbox disabled, not accepting messages)",
                "smtp; 550 5.2.1 <reader@example.com>... User Unknown",
            )
        ),
        THIS_ONE,
    ),
    "disabled, but gone by its code": (
        notification(fields("5.1.1", "smtp; 550 5.1.1 User unknown or account disabled")),
        GONE,
    ),
    "base64": (notification(fields(), encoding="base64"), GONE),
    "quoted-printable": (notification(fields(), encoding="quoted-printable"), GONE),
    "RFC 6533": (notification(fields(), kind="message/global-delivery-status"), GONE),
    "headers alone": (notification(fields(), returned_kind="text/rfc822-headers"), GONE),
    "global headers": (
        notification(fields(), encoding="base64", returned_kind="message/global-headers"),
        GONE,
    ),
    "id without brackets": (notification(fields(), returned="Message-ID: {bare}\n"), GONE),
    "id of the provider": (
        notification(fields(), returned="Message-ID: <1@ses>\nList-Unsubscribe: <{link}>\n"),
        GONE,
    ),
    "commented action": (notification(fields(action="failed (in the end)")), GONE),
    "expired": (
        notification(fields("4.4.7", "smtp; delivery time expired", "expired")),
        THIS_ONE,
    ),
    "no action": (notification(fields(action="")), GONE),
    "delayed": (notification(fields("4.4.1", "smtp; timed out", "delayed")), NOTHING),
    "delivered": (notification(fields("2.0.0", "", "delivered")), NOTHING),
    "broken boundary": (notification(fields()).replace("--B\n", "--A\n"), GONE),
    "block list": (notification(fields(diagnostic="smtp; 550 5.7.1 blacklisted")), THIS_ONE),
    "over quota": (notification(fields(diagnostic="smtp; 552 5.2.2 over quota")), THIS_ONE),
    "SPF": (notification(fields("5.1.0", "smtp; 550 SPF check failed")), THIS_ONE),
    "pace": (notification(fields("5.2.1", "smtp; 550 receiving mail at a rate")), THIS_ONE),
    "a forwarding target is gone": (
        notification(fields(final="rfc822; old@elsewhere.example")),
        THIS_ONE,
    ),
    "original recipient": (
        notification(
            fields(
                final="rfc822; u1@internal.example.com",
                Original_Recipient="rfc822;Reader@Example.com",
            )
        ),
        GONE,
    ),
    "a forward whose target is gone": (
        notification(
            fields(
                final="rfc822; reader@elsewhere.example.net",
                Original_Recipient="rfc822;reader@example.com",
            )
        ),
        THIS_ONE,
    ),
    "a forward whose target is gone, by Sendmail": (
        notification(fields(X_Actual_Recipient="rfc822; reader@elsewhere.example.net")),
        THIS_ONE,
    ),
    "an alias within the domain, by Sendmail": (
        notification(fields(X_Actual_Recipient="rfc822; u1@internal.example.com")),
        GONE,
    ),
    "a target that only its name likens to the domain": (
        notification(
            fields(
                final="rfc822; reader@notexample.com",
                Original_Recipient="rfc822;reader@example.com",
            )
        ),
        THIS_ONE,
    ),
    "a final recipient without an address": (
        notification(
            fields(final="rfc822; unknown", Original_Recipient="rfc822;reader@example.com")
        ),
        GONE,
    ),
    "a forward whose target is gone, in words of Postfix": (
        words_only(
            "<reader@elsewhere.example.net> (expanded from\n    <reader@example.com>): host\n"
            "    mx.example.net[192.0.2.1] said: 550 5.1.1 User unknown" + COPY
        ),
        THIS_ONE,
    ),
    "a forward whose target is gone, in words of Exim": (
        words_only(
            "  reader@elsewhere.example.net\n    (generated from reader@example.com)\n"
            "    SMTP error from remote mail server: 550 5.1.1 User unknown" + COPY
        ),
        THIS_ONE,
    ),
    "an alias within the domain, in words of Postfix": (
        words_only(
            "<u1@internal.example.com> (expanded from <reader@example.com>): 550 5.1.1 User unknown"
            + COPY
        ),
        GONE,
    ),
    "fields of two recipients without a blank line": (
        notification(
            fields("5.2.2", f"smtp; {IS_FULL}", final="rfc822; other@example.com")
            + "Original-Recipient: rfc822; reader@example.com\n"
            + fields().partition("\n\n")[2]
        ),
        GONE,
    ),
    "words of two recipients beside fields that give no reason": (
        notification(
            fields("5.0.0", "") + "\n" + fields("5.0.0", "", final="rfc822; other@example.com"),
            words=TWO.format(reader=IS_GONE, other=IS_FULL),
        ),
        GONE,
    ),
    "no recipient's fields": (
        notification("Reporting-MTA: dns; mx", words=f"<reader@example.com>: {IS_GONE}"),
        GONE,
    ),
    "forwarded by a person": (
        "From: Reader <reader@example.com>\nSubject: Fwd: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="C"\n\n--C\nContent-Type: text/plain\n\nWhat is '
        f"this?\n--C\nContent-Type: message/rfc822\n\n{notification(fields())}\n--C--\n",
        NOTHING,
    ),
    "away": (
        "From: Reader <reader@example.com>\nSubject: Automatic reply: Spring\nReturn-Path: <>\n"
        "Auto-Submitted: auto-replied\nIn-Reply-To: {id}\n\nI am away until Monday.",
        NOTHING,
    ),
    "away, and the subject speaks of bouncing": (
        "From: Reader <reader@example.com>\nSubject: Automatic reply: Bounce back this spring\n"
        "Return-Path: <>\nAuto-Submitted: auto-replied\n\n"
        "I am away until Monday. Bob is no longer here.\n\n> {link}",
        NOTHING,
    ),
    "away, without a word of what it is": (
        "From: Reader <reader@example.com>\nSubject: Re: Mail returned to sender\n"
        "Return-Path: <>\nIn-Reply-To: {id}\n\nBob is no longer here.\n\n> {link}",
        NOTHING,
    ),
    "away, by a header of its own": (
        "From: Reader <reader@example.com>\nSubject: Delivery report\nReturn-Path: <>\n"
        "X-Autoreply: yes\n\nBob is no longer here.\n\n> {link}",
        NOTHING,
    ),
    "a person whose business is the delivery of mail": (
        "From: Mail Delivery Ltd <reader@example.com>\nSubject: Re: Returned mail\n\n"
        "Bob is no longer here.\n\n> {link}",
        NOTHING,
    ),
    "postfix, in words alone": (
        words_only(
            "<reader@example.com>: 550 5.1.1 User unknown\n" + COPY,
            subject="Undelivered Mail Returned to Sender",
            Auto_Submitted="auto-replied",
        ),
        GONE,
    ),
    "qmail": (words_only(QMAIL + COPY), GONE),
    "qmail, full": (words_only(FULL + COPY), THIS_ONE),
    "two recipients, this one gone": (
        words_only(TWO.format(reader=IS_GONE, other=IS_FULL) + COPY),
        GONE,
    ),
    "two recipients, the other one gone": (
        words_only(TWO.format(reader=IS_FULL, other=IS_GONE) + COPY),
        THIS_ONE,
    ),
    "a transcript of two conversations": (
        words_only(
            "... while talking to mx.example.com:\n>>> RCPT TO:<reader@example.com>\n"
            f"<<< {IS_FULL}\n... while talking to mx.example.org:\n"
            f">>> RCPT TO:<other@example.org>\n<<< {IS_GONE}\n{COPY}"
        ),
        THIS_ONE,
    ),
    "a mailer daemon in another language": (
        words_only(QMAIL + COPY, subject="退信", Return_Path="<owner@example.org>"),
        GONE,
    ),
    "a gateway in a mailer daemon's name": (
        words_only(QMAIL + COPY, "mx@x.example", "Not delivered", Return_Path="<MAILER-DAEMON>"),
        GONE,
    ),
    "a delay": (words_only(DELAY + COPY, subject="Delivery Status Notification (Delay)"), NOTHING),
    "a delay after an answer for now": (
        words_only(
            "Your message has not yet been delivered.\n<reader@example.com>: 451 4.3.0 try later\n"
            + COPY,
            subject="Warning: message 1tAbCd-000500-2A delayed 24 hours",
        ),
        NOTHING,
    ),
    "a delay that came to its end": (
        words_only(
            "Your message was delayed for five days and is now returned for good.\n"
            f"<reader@example.com>: {IS_GONE}\n{COPY}"
        ),
        GONE,
    ),
    "no delay, but other recipients have it": (
        words_only(
            "You do not need to resend to the other recipients; only this one failed.\n"
            f"<reader@example.com>: {IS_GONE}\n{COPY}"
        ),
        GONE,
    ),
    "a newsletter about delays": (
        words_only(QMAIL.replace("550 ", "") + COPY, subject="Undeliverable: Train delayed mail"),
        GONE,
    ),
    "a newsletter about delays, which the words name": (
        words_only(
            EXCHANGE.replace("Spring", "Message delayed") + COPY,
            "System Administrator <postmaster@x.example>",
            "Undeliverable: Message delayed",
        ),
        GONE,
    ),
    "exim": (words_only(EXIM.format(step="RCPT TO:<reader@example.com>")), GONE),
    "exim, failed recipients": (
        words_only(
            EXIM.format(step="RCPT TO").replace("  reader@example.com\n", ""),
            X_Failed_Recipients="reader@example.com",
        ),
        GONE,
    ),
    "exim, after the content": (words_only(EXIM.format(step="end of data")), THIS_ONE),
    "exchange": (words_only(EXCHANGE + COPY, "System Administrator <postmaster@x.example>"), GONE),
    "exchange, with an address of X.400": (
        words_only(
            EXCHANGE.replace("reader@example.com", "c=US;a= ;dda:SMTP=reader@example.com;") + COPY,
            "System Administrator <postmaster@x.example>",
        ),
        GONE,
    ),
    "exchange, a report without its fields": (
        report_of_words("delivery-status", "postmaster@x.example", Auto_Submitted="auto-replied"),
        GONE,
    ),
    "a reader's program says that it was read": (
        report_of_words("disposition-notification", "reader@example.com", subject="Read: Spring"),
        NOTHING,
    ),
    "yahoo": (words_only(YAHOO, subject="Failure Notice"), GONE),
    "gmail": (
        words_only(
            GMAIL,
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
        ),
        GONE,
    ),
    "hotmail complaint": (
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="C"\n\n--C\n'
        "Content-Type: message/rfc822\n\nMessage-ID: {id}\nSubject: Spring\n\nHello\n--C--\n",
        ("complained", "complained"),
    ),
}


def as_received(text: str, delivery: Delivery) -> bytes:
    """Put the delivery's id and link into a report, and only then encode what is returned."""
    bare = delivery.message_id.strip("<>")
    link = delivery.subscriber.unsubscribe_url
    for place, value in {"{id}": f"<{bare}>", "{bare}": bare, "{link}": link}.items():
        text = text.replace(place, value)
    head, mark, rest = text.partition("RETURNED")
    if mark:
        encoding, _, rest = rest.partition(":")
        returned, _, end = rest.partition(":RETURNED")
        text = head + encoded(returned, encoding) + end
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("text", "outcome"), CASES.values(), ids=CASES)
def test_a_bounce_is_understood(
    reader: Subscriber,  # noqa: F811 - the fixture
    text: str,
    outcome: tuple[str, str],
) -> None:
    take_report(message_from_bytes(as_received(text, Delivery.objects.get())))
    reader.refresh_from_db()
    assert (reader.status, Delivery.objects.get().status) == outcome


@pytest.mark.parametrize(
    "text",
    [
        words_only(" \n" * 20_000),
        words_only("<style>" * 28_000),
        words_only("-" * 190_000),
        words_only("Status: 5\n" * 20_000),
        words_only("x", X_Failed_Recipients="a" * 190_000),
        notification("Action: failed\n\n" * 12_000),
        words_only("@" * 190_000),
        words_only("<a@" * 60_000),
        notification(
            "Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.0.0\n"
            f"Diagnostic-Code: smtp; {'-' * 5_000}\n\n" * 99
        ),
        notification("Final-Recipient: rfc822; a@b.c\n" * 30_000),
        words_only("account" + "_" * 5_000),
        words_only("account" * 700),
    ],
    ids=[
        *("blank lines", "markup", "dashes", "fields", "header", "groups", "signs of addresses"),
        *("broken addresses", "dashes in groups", "groups without blank lines"),
        *("a word and blanks", "a word again and again"),
    ],
)
def test_a_stranger_who_writes_to_the_mailbox_for_bounces_holds_nothing_up(text: str) -> None:
    message = message_from_bytes(text.encode())
    began = time.monotonic()
    assert read_report(message)
    assert time.monotonic() - began < 10  # two seconds at most on a busy machine


def test_the_owner_sees_a_bounce_of_an_email_that_was_no_newsletter(
    va: Any,
    reader: Subscriber,  # noqa: F811
) -> None:
    message = EmailMessage(policy=policy.default)
    message["From"], message["Subject"], message["Return-Path"] = DAEMON, "failure notice", "<>"
    message.set_content(QMAIL)
    assert not take_report(message_from_bytes(message.as_bytes()))
    reader.refresh_from_db()
    assert reader.status == "confirmed"  # anybody could write that
    assert "no mailbox here" in UnreadReport.objects.get().text
    assert "Mailbox" in va.get("/admin/unread-reports/").text


RETURNED = """Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

送信先のメールボックスが一杯のため、送信できませんでした。

--B
Content-Type: message/rfc822

Message-ID: {id}
Subject: Spring

Hello
--B--
"""


@pytest.mark.parametrize(
    ("head", "is_shown"),
    [
        ("Subject: メールエラー通知", True),
        ("Subject: Fwd: Spring", False),
        ("Subject: Spring\nAuto-Submitted: auto-replied", False),
        ("Subject: Spring\nList-Unsubscribe: <https://example.com/>", False),
    ],
    ids=["a server", "a reader", "a reader’s mailbox", "a mailing list"],
)
def test_the_owner_sees_what_returns_a_newsletter_in_words_unknown_here(
    va: Any,
    reader: Subscriber,  # noqa: F811
    head: str,
    is_shown: bool,
) -> None:
    text = f"From: no-reply@mx.example.jp\n{head}\n{RETURNED}"
    assert not take_report(message_from_bytes(as_received(text, Delivery.objects.get())))
    reader.refresh_from_db()
    assert reader.status == "confirmed"
    reports = UnreadReport.objects.values_list("text", flat=True)
    assert ["一杯のため" in report for report in reports] == [True] * is_shown
    assert ("unknown here" in va.get("/admin/unread-reports/").text) == is_shown


def test_the_owner_sees_a_complaint_of_an_email_that_was_no_newsletter(
    va: Any,
    reader: Subscriber,  # noqa: F811
) -> None:
    report = notification(
        "Feedback-Type: abuse\nVersion: 1\n",
        returned="Subject: Please confirm",
        words="This is an email abuse report.",
        kind="message/feedback-report",
        sender="abusedesk@example.net",
    )
    assert not take_report(message_from_bytes(as_received(report, Delivery.objects.get())))
    assert "abuse report" in UnreadReport.objects.get().text
    assert "abusedesk" in UnreadReport.objects.get().text
