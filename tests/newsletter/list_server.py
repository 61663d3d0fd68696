"""A real SMTP server that answers each step as it is told, or breaks off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.served import free_port

OK = "250 2.0.0 Accepted"
NO_8_BIT = "554 5.6.1 No 8-bit data"
DROP = "drop"  # in place of an answer: the connection breaks off


class ListServer:
    """Takes ASCII alone: it offers neither 8BITMIME nor SMTPUTF8 (RFC 6152, RFC 6531).

    `answers` maps a step (MAIL, RCPT, DATA) and perhaps an address to what is answered.

    An answer that is called with each step's address decides anew every time.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.answers: dict[str, str | Callable[[str], str]] = {}
        self.received: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def transport(self) -> dict[str, Any]:
        """What settings.MAIL_TRANSPORT holds for it."""
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.port,
        }

    @property
    def counts(self) -> Counter[str]:
        """How often each address got something."""
        return Counter(address for address, _ in self.received)

    def mail_to(self, address: str) -> EmailMessage:
        """The one mail that an address got, read by the strict parser: faulty MIME raises."""
        (raw,) = [raw for found, raw in self.received if found == address]
        return message_from_bytes(raw, policy=policy.default.clone(raise_on_defect=True))

    def answer(self, server: Any, step: str, address: str) -> str:
        reply = self.answers.get(f"{step} {address}") or self.answers.get(step, OK)
        if callable(reply):
            reply = reply(address)
        if reply == DROP:
            server.transport.abort()
        return reply

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [line for line in responses if "8BITMIME" not in line]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        reply = self.answer(server, "MAIL", address)
        envelope.mail_from = address if reply.startswith("2") else None
        return reply

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        reply = self.answer(server, "RCPT", address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        (address,) = envelope.rcpt_tos
        reply = self.answer(server, "DATA", address) if envelope.content.isascii() else NO_8_BIT
        if reply.startswith("2") or reply == DROP:  # it had the mail, whatever the sender knows
            self.received.append((address, envelope.content))
        return reply


@contextmanager
def running(server: ListServer) -> Iterator[ListServer]:
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
