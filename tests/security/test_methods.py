"""A page answers to reading and, where it holds a form, to sending; to nothing else (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from wagtail.models import get_page_models

from tests.conftest import SmallSite
from vasite.seo.redirects import location

METHODS = ["PUT", "PATCH", "DELETE", "PROPFIND", "LOCK", "TRACE", "NOTHING"]
PAGES = ["/", "/about/", "/services/", "/services/inbox/", "/blog/", "/blog/on-trust/"]
PAGES += ["/newsletter/", "/privacy/", "/blog/2026/"]
WITH_FORMS = ["/contact/", "/contact/thank-you/", "/newsletter/subscribe/", "/privacy/your-data/"]
ARGUMENTS = {"path": "images/a.png", "document_filename": "a.pdf", "slug": "inbox", "token": "x"}


def addresses(patterns: Any, start: str = "") -> Iterator[str]:
    """Every route that strangers reach, with something in the place of its arguments."""
    for pattern in patterns:
        route = f"{start}{pattern.pattern}"
        if route.startswith("admin/") or "^" in route:
            continue
        if isinstance(pattern, URLPattern):
            names = pattern.pattern.converters
            for name, converter in names.items():
                kind = next(
                    part
                    for part in route.split("<")
                    if part.endswith(f"{name}>") or f":{name}>" in part
                )
                value = ARGUMENTS.get(name, "1")
                route = route.replace(f"<{kind.partition('>')[0]}>", value)
                assert converter
            yield f"/{route}"
        else:
            yield from addresses(pattern.url_patterns, route)


@pytest.mark.parametrize("method", METHODS)
def test_stranger_who_would_change_a_page_is_told_that_it_can_only_be_read(
    client: Client, site: SmallSite, method: str
) -> None:
    for path in PAGES:
        answer = client.generic(method, path)
        if answer.status_code == 404:
            continue  # a page that the small site has not
        assert answer.status_code == 405, path
        assert answer["Allow"] == "GET, HEAD, OPTIONS"
    for path in WITH_FORMS:
        answer = client.generic(method, path)
        assert answer.status_code == 405, path
        assert {"GET", "HEAD", "POST"} <= set(answer["Allow"].split(", "))
    assert client.get("/contact/").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND"])
def test_no_route_takes_a_method_that_nothing_here_knows(
    client: Client, site: SmallSite, method: str
) -> None:
    found = list(addresses(get_resolver().url_patterns))
    assert "/sitemap.xml" in found
    for path in found:
        if path in {"/", "//"} or path.startswith(("/_util/", "/anymail/")):
            continue
        answer = client.generic(method, location(path))
        assert answer.status_code == 405, path
        assert "GET" in answer["Allow"] or "POST" in answer["Allow"]


def test_page_that_holds_no_form_takes_none(client: Client, site: SmallSite) -> None:
    for path in ("/", "/blog/", "/blog/on-trust/", "/search/", "/sitemap.xml", "/feed/"):
        answer = client.post(path, {"a": "b"})
        assert answer.status_code == 405
        assert "<h1>That can’t be done here</h1>" in answer.text
        assert int(answer["Content-Length"]) == len(answer.content)
    assert client.options("/blog/")["Allow"] == "GET, HEAD, OPTIONS"


def test_every_type_of_page_says_which_methods_it_takes() -> None:
    for model in get_page_models():
        if model.__module__.startswith("wagtail."):
            continue
        assert {"PUT", "PATCH", "DELETE"}.isdisjoint(model.allowed_http_method_names()), model
