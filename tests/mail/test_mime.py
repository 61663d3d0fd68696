"""An email is written so that every server takes it and every program reads what was meant."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from vasite.mail.mime import Email, mailbox

ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
NAMES = {
    "plain": "Anna Hill",
    "comma": "Köhler, Anna",
    "ASCII comma": "Care Team, Billing",
    "brackets": "Support (Anna)",
    "quotes": 'Jane "VA" Doe',
    "colon": "A: B; C",
    "address": "a@b.c",
    "backslash": "Ann\\",
    "angle brackets": "Ann <x@evil.example>",
    "long German": "Büro für Organisation und Buchführung Anna Köhler",
    "80 emoji": "😀" * 80,
    "joined emoji": "👩‍👩‍👧‍👦" * 20,
    "combining": "e\u0301" * 60,
    "right to left": "מזכירה וירטואלית " * 6 + "אנה",
    "line separator": "Anna\u2028Hill",
    "long without a blank": "A" * 90,
    "looks encoded": "=?utf-8?q?Anna?=",
}
SUBJECTS = {
    "one accent and 60 letters": "é" + 60 * "a",
    "60 emoji": "😀" * 60,
    "long ASCII": "What a virtual assistant can do for you in spring, summer and autumn " * 2 + "x",
    "long without a blank": "a" * 200,
    "mixed": "Łukasz-Ængström-🦊 fragt: Büro für Organisation & Buchführung, ja oder nein?" * 2,
    "joined emoji": "👩‍👩‍👧‍👦" * 20,
    "looks encoded": "Re: =?utf-8?q?x?= and =?",
    "Chinese": "虚拟助理可以为您做什么" * 12,
}


def written(message: Email) -> bytes:
    return bytes(message.message().as_bytes(linesep="\r\n"))


def header_of(raw: bytes) -> str:
    return raw.partition(b"\r\n\r\n")[0].decode("ascii")


def decoded(text: str | None) -> str:
    """A header field as RFC 2047 has it: blanks between encoded words don't count."""
    return str(make_header(decode_header(re.sub(r"\r?\n(?=[ \t])", "", text or ""))))


def name_of(field: str) -> str:
    """The name in a field of one mailbox."""
    ((name, _),) = getaddresses([re.sub(r"\r?\n(?=[ \t])", "", field)])
    return decoded(name) if ENCODED_WORD.search(field) else name


def check_header(raw: bytes) -> Message:
    for line in header_of(raw).split("\r\n"):
        assert len(line) <= 998
        words = ENCODED_WORD.findall(line)
        assert all(len(word) <= 75 for word in words)  # RFC 2047, 2
        assert len(line) <= 76 or not words
    for word in ENCODED_WORD.findall(header_of(raw)):
        decoded(word).encode()  # no letter is cut in two
    return message_from_bytes(raw)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_reader_sees_the_subject_as_it_was_written(subject: str) -> None:
    message = check_header(written(Email(subject, "Text", "a@example.com", ["b@example.com"])))
    assert decoded(message["Subject"]).strip() == subject.strip()


@pytest.mark.parametrize("field", ["from", "reply-to", "to"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_reader_sees_a_name_as_it_was_written(name: str, field: str) -> None:
    person = mailbox(name, "anna@bücher.example")
    places = {"from": "a@example.com", "to": "b@example.com", "reply-to": "c@example.com"}
    places[field] = person
    email = Email("Hi", "Text", places["from"], [places["to"]], reply_to=[places["reply-to"]])
    message = check_header(written(email))
    assert name_of(message[field]) == name
    ((_, address),) = getaddresses([message[field].replace("\r\n", "")])
    assert address == "anna@xn--bcher-kva.example"
    assert "evil" not in "".join(email.recipients())


@given(
    subject=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120),
)
def test_whatever_is_written_is_encoded_within_the_limits(subject: str, name: str) -> None:
    sender = mailbox(name, "a@example.com")
    raw = written(Email(subject, "Text", sender, ["b@example.com"]))
    message = check_header(raw)
    if not subject.isascii():
        assert decoded(message["Subject"]) == subject


@pytest.mark.parametrize(
    "text",
    [
        "Zoë\n.\nFrom me\n",
        "ü" * 2000,
        "Zoë  \n\tindented \r\nWindows\rMac",
        "= sign, é and trailing blank ",
        "a" * 2000,
        "ASCII alone\n",
    ],
    ids=["dots", "long line", "line ends", "equals sign", "long ASCII line", "ASCII"],
)
def test_a_text_is_ascii_on_its_way_and_the_same_afterwards(text: str) -> None:
    email = Email("Hi", text, "a@example.com", ["b@example.com"])
    email.attach_alternative(f"<p>{text}</p>", "text/html")
    raw = written(email)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    plain, html = message_from_bytes(raw).get_payload()
    for part, sent in ((plain, text), (html, f"<p>{text}</p>")):
        content = part.get_payload(decode=True).decode()
        assert content.splitlines() == sent.splitlines()


def test_each_address_goes_out_as_a_labels() -> None:
    email = Email(
        "Hi",
        "Text",
        "Zoë <zoe@straße.example>",
        ["a@bücher.example"],
        cc=["B <b@пример.рф>"],
        bcc=["c@例え.jp"],
        reply_to=["d@müller.example"],
    )
    assert email.recipients() == [
        "a@xn--bcher-kva.example",
        "b@xn--e1afmkfd.xn--p1ai",
        "c@xn--r8jz45g.jp",
    ]
    message = check_header(written(email))
    assert message["To"] == "a@xn--bcher-kva.example"
    assert message["Cc"] == "B <b@xn--e1afmkfd.xn--p1ai>"
    assert message["Reply-To"] == "d@xn--mller-kva.example"
    assert message["From"].endswith("<zoe@xn--strae-oqa.example>")
    assert message["Bcc"] is None


@pytest.mark.parametrize("place", ["subject", "from", "to", "reply_to"])
def test_a_line_end_forges_no_header(place: str) -> None:
    values = {"subject": "Hi", "from": "a@example.com", "to": "b@example.com", "reply_to": "c@d.uk"}
    values[place] = f"é{values[place]}\nBcc: all@example.com"
    email = Email(values["subject"], "Text", values["from"], [values["to"]])
    email.reply_to = [values["reply_to"]]
    with pytest.raises((BadHeaderError, ValidationError)):
        written(email)


def test_long_fields_of_programs_are_folded_at_their_blanks_alone() -> None:
    """A thread of many replies and the links to unsubscribe (RFC 5322, 2.2.3; RFC 8058)."""
    host = "a" * 63 + ".virtual-assistant-worcester.example"
    links = ", ".join(f"<https://{host}/newsletter/unsubscribe/{'x' * n}/>" for n in (80, 400))
    fields = {
        "Message-ID": f"<{'b' * 32}@{host}>",
        "References": " ".join(f"<{number:032}@{host}>" for number in range(40)),
        "List-Unsubscribe": links,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    raw = written(Email("Hi", "Text", "a@example.com", ["b@example.com"], headers=fields))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = message_from_bytes(raw)
    for name, value in fields.items():
        assert re.sub(r"\r\n(?=[ \t])", "", message[name]).lstrip() == value
