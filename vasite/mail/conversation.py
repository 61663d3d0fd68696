"""Speaking SMTP step by step, so that it is known what a broken conversation left behind."""

from __future__ import annotations

import re
import smtplib
from typing import Any

from vasite.mail.refusals import Meaning, meaning_of
from vasite.mail.tasks import transport

LINE_BEGINS_WITH_DOT = re.compile(rb"(?m)^\.")
CLOSING = 421  # RFC 5321, 4.2.3: the server is going away


class UnreachableError(Exception):
    """The server can't be spoken to, or broke off before it had the mail: nothing went out."""


class BrokenOffError(Exception):
    """The server had the mail and gave no answer: whether it goes out is unknown."""


class RefusedError(Exception):
    """The server's answer to a mail that it doesn't take: a code of RFC 5321, 4.2, and words."""

    def __init__(self, code: int, words: str, *, is_about_recipient: bool) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
        self.is_about_recipient = is_about_recipient

    @property
    def is_final(self) -> bool:
        return self.code >= 500

    @property
    def means_no_such_mailbox(self) -> bool:
        """Tell whether sending there again is useless, by the table that bounces are read with."""
        meaning = meaning_of(str(self), is_about_recipient=self.is_about_recipient)
        return self.is_final and meaning is Meaning.NO_MAILBOX


class Conversation:
    """A connection to the server that EMAIL_URL names, kept open from mail to mail."""

    def __init__(self) -> None:
        self.backend: Any = transport()

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Sends one mail, in ASCII with its lines ended by CRLF, and gives the server's answer.

        Raises RefusedError, UnreachableError or BrokenOffError.
        """
        try:
            self.backend.open()
            smtp = self.backend.connection
            smtp.ehlo_or_helo_if_needed()
            self._begin(smtp, sender, recipient)
        except smtplib.SMTPResponseException as error:  # refused at the door: greeting or login
            raise self._unreachable(_words(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error
        try:
            end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
            smtp.send(LINE_BEGINS_WITH_DOT.sub(b"..", message) + end)
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise BrokenOffError(f"{type(error).__name__}: {error}") from error
        if code != 250:
            raise self._refused(code, words, is_about_recipient=False)
        return _words(code, words)

    def _begin(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
        """Says from whom and to whom it goes, up to the server's readiness for the mail.

        One packet and one wait where the server offers pipelining (RFC 2920).
        """
        lines = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"]
        if smtp.has_extn("pipelining"):
            smtp.send("".join(f"{line}\r\n" for line in lines).encode())
            answers = [smtp.getreply() for _ in lines]
        else:
            answers = []
            for line in lines:
                smtp.send(f"{line}\r\n".encode())
                answers.append(smtp.getreply())
                if answers[-1][0] >= 400:
                    break
        for step, (code, words) in enumerate(answers):
            if code >= 400:
                if answers[-1][0] == 354:  # it waits for a mail that has no recipient
                    self.close()
                if step == 0:  # it takes nothing from this site now, whoever it is for
                    raise self._unreachable(_words(code, words))
                raise self._refused(code, words, is_about_recipient=step == 1)

    def _refused(self, code: int, words: bytes, *, is_about_recipient: bool) -> Exception:
        if code == CLOSING:
            return self._unreachable(_words(code, words))
        if self.backend.connection is not None:
            try:
                self.backend.connection.rset()
            except (OSError, smtplib.SMTPException):
                self.close()
        text = words.decode("utf-8", "replace")
        return RefusedError(code, text, is_about_recipient=is_about_recipient)

    def _unreachable(self, words: str) -> UnreachableError:
        self.close()
        return UnreachableError(words)

    def close(self) -> None:
        """Ends the connection; the next mail opens another."""
        connection, self.backend.connection = self.backend.connection, None
        if connection is not None:
            connection.close()


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}"
