"""What the tests of letters may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.newsletter.list_server import ListServer, running


@pytest.fixture
def server(settings: Any) -> Iterator[ListServer]:
    with running(ListServer()) as mail_server:
        settings.MAIL_TRANSPORT = mail_server.transport
        yield mail_server
