"""A stranger who asks for addresses that are not there costs the site little."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from vasite.seo.addresses import Pace
from vasite.seo.models import MissingAddress


def test_a_flood_of_missing_addresses_is_not_written_down(
    client: Client, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr("vasite.seo.addresses.time", clock)
    monkeypatch.setattr("vasite.seo.addresses.pace", Pace(20))
    for number in range(30):
        client.get(f"/nothing-{number}/")
    assert MissingAddress.objects.count() == 20
    clock.monotonic = lambda: 2.5
    for number in range(30, 40):
        client.get(f"/nothing-{number}/")
    assert MissingAddress.objects.count() == 22


@pytest.mark.parametrize("path", ["/nothing/", "/blog/nothing/", "/a/b/c/d/"])
def test_a_flood_of_missing_addresses_costs_little(
    visit: Visitors,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setattr("vasite.seo.addresses.pace.most", 0)  # counted often enough by now
    visit("/first/")
    visit("/second/third/")
    with django_assert_num_queries(1):
        assert visit(path).status == 404
