"""What attack tests share: a real mail server, proofs of work and addresses all over the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from altcha import Payload, solve_challenge

from tests.pagecache.conftest import new_layer, visit
from tests.served import free_port
from vasite.forms.spam.proof import new_challenge

__all__ = ["MailServer", "ip_address", "mail_server", "new_layer", "solve", "visit"]


def solve() -> str:
    """A proof of work as a browser sends it."""
    challenge = new_challenge()
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def ip_address(number: int) -> str:
    """An IP address in a network of its own."""
    return f"127.{number // 250 + 1}.{number % 250}.7"


class MailServer:
    """A real SMTP server that takes everything."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.recipients += envelope.rcpt_tos
        return "250 Message accepted"


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAIL_TRANSPORT = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": controller.port,
    }
    yield handler
    controller.stop()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--declare-admin-access",
        action="store_true",
        help="write tests/security/admin_access.txt anew from what is answered",
    )
