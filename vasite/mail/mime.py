"""An email in the form that every SMTP server takes."""

from __future__ import annotations

import binascii
import copy
import re
from email.charset import BASE64, QP, Charset
from email.message import Message
from email.utils import formataddr, getaddresses, parseaddr, quote
from typing import Any

from django.core.mail import EmailMultiAlternatives

from vasite.email_addresses import to_ascii

MAX_LINE_LENGTH = 76  # of a header field's line with an encoded word: RFC 2047, 2
LINE_END = re.compile(r"\r\n?|\n")
QUOTED, BASE_64 = Charset("utf-8"), Charset("utf-8")  # the Q and B encodings of RFC 2047, 4
QUOTED.header_encoding, BASE_64.header_encoding = QP, BASE64


class Email(EmailMultiAlternatives):
    """An email that needs neither SMTPUTF8 (RFC 6531) nor 8BITMIME (RFC 6152).

    Domains go out as A-labels, names and subjects in encoded words (RFC 2047), and text that is
    not ASCII as quoted-printable (RFC 2045, 6.7). `message` and `recipients` raise ValidationError
    for what is no address.
    """

    def message(self, **kwargs: Any) -> Any:
        encoded = copy.copy(self)
        encoded.subject = encode_words("Subject", str(self.subject))
        encoded.from_email = encode_mailbox("From", self.from_email)
        for header in ("To", "Cc", "Reply-To"):
            name = header.lower().replace("-", "_")
            mailboxes = [encode_mailbox(header, text) for text in getattr(self, name) if text]
            setattr(encoded, name, mailboxes)
        message = EmailMultiAlternatives.message(encoded, **kwargs)
        for part in message.walk():
            encode_content(part)
        message.policy = message.policy.clone(max_line_length=MAX_LINE_LENGTH)
        return message

    def recipients(self) -> list[str]:
        """Return the addresses of the envelope."""
        return [to_ascii(parseaddr(text)[1] or text) for text in super().recipients()]


def encode_mailbox(header: str, text: str) -> str:
    """Return `Name <address>` or a bare address in ASCII. Raises ValidationError."""
    mailboxes = getaddresses([text])
    name, address = mailboxes[0] if len(mailboxes) == 1 else ("", text)
    ascii_address = to_ascii(address or text)
    words = encode_words(header, name)
    return formataddr((name, ascii_address)) if words == name else f"{words} <{ascii_address}>"


def mailbox(name: str, address: str) -> str:
    """Return `"Name" <address>` (RFC 5322, 3.4) for a name of any characters."""
    return f'"{quote(name)}" <{address}>' if name else address


def encode_words(header: str, text: str) -> str:
    """Return a header field's text as encoded words with blanks between them, or as it is.

    ASCII stays as it is unless it looks encoded or cannot be folded. Each encoded word has at most
    75 characters, and whole characters of the text (RFC 2047, 2 and 5). Django refuses a line end
    in a header, so the lines are folded when the email is written.
    """
    is_plain = text.isascii() and "=?" not in text
    if LINE_END.search(text) or (is_plain and all(len(word) < 60 for word in text.split(" "))):
        return text
    charset = min((QUOTED, BASE_64), key=lambda one: len(one.header_encode(text)))
    pieces, room = [""], MAX_LINE_LENGTH - len(f"{header}: ")
    for character in text:
        if len(charset.header_encode(pieces[-1] + character)) > room:
            pieces.append("")
            room = MAX_LINE_LENGTH - 1  # the blank that begins a folded line
        pieces[-1] += character
    return " ".join(map(charset.header_encode, pieces))


def encode_content(part: Message) -> None:
    """Encode a text part of 8-bit characters as quoted-printable."""
    if part.is_multipart() or part["Content-Transfer-Encoding"] != "8bit":
        return
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101 - a part that is not multipart has bytes
    lines = LINE_END.sub("\n", content.decode("utf-8"))
    part.set_payload(binascii.b2a_qp(lines.encode(), istext=True).decode("ascii"))
    part.replace_header("Content-Transfer-Encoding", "quoted-printable")
