"""What the tests of kept pages may ask for: the layer around the site, asked as gunicorn asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import RequestFactory

from newsletter.models import CommentSettings
from tests.conftest import SmallSite
from vasite.pagecache import watching
from vasite.pagecache.layer import PageCache
from vasite.seo.redirects import is_redirected


def is_in_transaction_of_its_own(connection: Any) -> bool:
    return any(not block._from_testcase for block in connection.atomic_blocks)


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitors:
    """Asks the layer; `made` lists the paths that went through to Django."""

    layer: PageCache
    made: list[str]

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Answered:
        return self.ask(path, method, {f"HTTP_{key.upper()}": headers[key] for key in headers})

    def ask(self, path: str, method: str, variables: dict[str, Any]) -> Answered:
        """Asks with variables of CGI and WSGI in place of the usual ones."""
        environ = RequestFactory().generic(method, path, headers={"Host": "127.0.0.1:8000"}).environ
        environ["PATH_INFO"] = unquote(path.partition("?")[0], "latin-1")  # as gunicorn gives it
        environ |= variables
        found: dict[str, Any] = {}

        def start_response(status: str, lines: list[tuple[str, str]], exc_info: Any = None) -> None:
            found.update(status=int(status[:3]), headers=dict(lines))

        parts: Any = self.layer(environ, start_response)
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return Answered(found["status"], found["headers"], body)


@pytest.fixture
def new_layer() -> Callable[[], Visitors]:
    """Makes a layer such as each web process has; all of them share the shelf."""

    def make() -> Visitors:
        made: list[str] = []
        site = get_wsgi_application()

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            made.append(environ["PATH_INFO"])
            return site(environ, start_response)

        return Visitors(PageCache(application, is_redirected), made)

    return make


@pytest.fixture
def visit(site: SmallSite, new_layer: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitors]:
    """Asks for pages; the transaction around each test counts for none."""
    monkeypatch.setattr(watching, "is_in_transaction", is_in_transaction_of_its_own)
    monkeypatch.setattr(transaction, "on_commit", lambda function, **_: function())
    CommentSettings.load()  # which the first visit would write
    request_signals = (signals.request_started, signals.request_finished)
    for signal in request_signals:
        signal.disconnect(close_old_connections)
    yield new_layer()
    for signal in request_signals:
        signal.connect(close_old_connections)
    shutil.rmtree(settings.PAGE_CACHE_DIR / "pages", ignore_errors=True)
