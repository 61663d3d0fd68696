"""A link that a stranger wrote leads from the site to no other host."""

from __future__ import annotations

import pytest

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
