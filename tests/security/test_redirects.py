"""A link that a stranger wrote leads from the site to no other host."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/foo",
        "///evil.example/foo",
        "//evil.example%2ffoo",
        "/%2fevil.example/foo",
        "/%2F/evil.example/foo",
        "/%5Cevil.example/foo",
        "/%5c%5cevil.example/foo",
        "/%09/evil.example/foo",
        "/%0d%0aLocation:%20https:%2f%2fevil.example/foo",
        "//evil.example/blog/on-trust",
        "//user@evil.example/foo?x=1",
        "/https:%2f%2fevil.example/foo",
    ],
)
def test_a_crafted_link_to_the_site_leads_to_no_other_host(visit: Visitors, path: str) -> None:
    location = visit(path).headers.get("Location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\", "/\t"))
    assert "\r" not in location
    assert "\n" not in location


@pytest.mark.parametrize("path", ["//evil.example/foo/", "/\\evil.example/foo/"])
def test_words_sent_to_a_crafted_address_are_not_sent_on_to_another_host(
    client: Client, site: SmallSite, path: str
) -> None:
    page = client.post("/", {"message": "My diary, please."}, PATH_INFO=path)
    assert page.status_code == 404
    assert "My diary, please." in page.text
    [action] = re.findall(r'<form class="form kept" method="post" action="([^"]*)"', page.text)
    assert action in {"/%2Fevil.example/foo/", "/%5Cevil.example/foo/"}
