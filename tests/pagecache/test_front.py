"""Pages lie in front as files for as long as they are right, and only where they can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import SmallSite
from tests.pagecache.conftest import Visitors
from vasite.pagecache.generations import Generations, slot_of
from vasite.pagecache.tasks import clear_front
from vasite.pagecache.watching import front, generations

POST = "/blog/on-trust/"


@pytest.fixture(autouse=True)
def _laid_out(settings: Any) -> Iterator[None]:
    settings.PAGE_FILES = True
    yield
    front().take_away()
    front().clear()


def laid_out() -> set[str]:
    """The addresses whose pages lie in front."""
    found = front().folder.glob("pages/*/**/index.html")
    parts = [path.parts[path.parts.index("pages") + 2 : -1] for path in found]
    return {"/".join(["", *names, ""]) for names in parts}


def test_a_page_lies_there_packed_until_something_that_it_shows_is_changed(
    visit: Visitors, site: SmallSite
) -> None:
    visit(POST)
    visit("/")
    assert laid_out() == {"/", POST}
    (place,) = front().folder.glob("pages/*/blog/on-trust")
    assert {path.name for path in place.iterdir()} == {
        "index.html",
        "index.html.br",
        "index.html.gz",
    }
    site.post.title = "On patience"
    site.post.save_revision().publish()
    assert laid_out() == set()
    assert "On patience" in visit(POST).text
    assert laid_out() == {POST}


def test_one_that_was_taken_away_without_need_is_laid_out_again(visit: Visitors) -> None:
    visit(POST)
    front().take_away()
    visit(POST)
    assert visit.made == [POST]
    assert laid_out() == {POST}


@pytest.mark.parametrize(
    "path", ["/search/?q=trust", "/feed/", "/robots.txt", "/nothing/", "/about"]
)
def test_what_is_no_page_of_its_own_does_not(visit: Visitors, path: str) -> None:
    visit(path)
    assert laid_out() == set()


@pytest.mark.parametrize(
    "path", ["/a/../b/", "/a//b/", "/./", "/a\0b/", "/" + 256 * "a" + "/", "/a"]
)
def test_an_odd_address_has_no_place(path: str) -> None:
    html = [("Content-Type", "text/html; charset=utf-8")]
    assert front().place_of(path, html) is None
    assert front().place_of("/caf\xc3\xa9/", html) is not None  # as WSGI writes "/café/"


def test_an_address_in_another_script_lies_where_nginx_looks(
    visit: Visitors, site: SmallSite
) -> None:
    site.post.slug = "café"
    site.post.save_revision().publish()
    answer = visit(quote("/blog/café/"))
    assert answer.status == 200, answer.headers
    assert "/blog/café/" in laid_out()


def test_a_writer_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    """It began, and nobody ended it: nothing is laid out, and whoever asks next recovers."""
    counters = Generations(tmp_path)
    slot = slot_of("blog_post")
    state = counters.state(counters.snapshot(), ["blog_post"])
    assert state is not None
    counters.begin([slot])
    laid: list[bool] = []
    counters.lay_out(state, lambda: laid.append(True))
    assert laid == []
    assert not counters.stands(state)
    assert counters.began[slot] == counters.done[slot]


def test_the_worker_clears_what_was_taken_away(visit: Visitors) -> None:
    visit(POST)
    front().take_away()
    assert list(front().folder.glob("gone-*"))
    clear_front.func()
    assert not list(front().folder.glob("gone-*"))
    assert generations().stands(generations().state(generations().snapshot(), []) or ())
