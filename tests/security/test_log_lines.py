"""The operator's log tells of each fault once, and of strangers' nonsense not as of a fault."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError
from django.test import Client

from tests.conftest import SmallSite


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.name for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:8000@evil.example", "", "a" * 300, "[::1", "évil.example"]
)
def test_operator_gets_no_line_of_error_for_a_scanner(
    client: Client, site: SmallSite, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    assert client.get("/about/", headers={"host": host}).status_code == 400
    assert errors(caplog) == []
    lines = [record.getMessage() for record in caplog.records if record.name == "vasite.request"]
    assert lines
    assert "400" in lines[-1]


@pytest.mark.parametrize("path", ["/media/../../etc/passwd", "/%00/", "/media/%2e%2e/x"])
def test_operator_gets_no_line_of_error_for_an_odd_path(
    client: Client, site: SmallSite, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    assert 400 <= client.get(path).status_code < 500
    assert errors(caplog) == []


@pytest.mark.parametrize(
    ("error", "status", "logger"),
    [(OperationalError, 503, "vasite.event"), (RuntimeError, 500, "django.request")],
)
def test_operator_reads_of_a_fault_once(
    site: SmallSite,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    status: int,
    logger: str,
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    client = Client(raise_request_exception=False)
    monkeypatch.setattr("blog.models.BlogPostPage.serve", fail)
    assert client.get("/blog/on-trust/").status_code == status
    assert errors(caplog) == [logger]
    assert [record.exc_info is not None for record in caplog.records if record.name == logger] == [
        True
    ]
