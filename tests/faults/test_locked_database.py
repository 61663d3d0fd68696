"""A SQLite database that is kept locked stops those who write, for a while, and nobody else."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.test_still_up import Visitor
from tests.served import ServedSite, copy_of_standard_site, locked, needs_sqlite, wait_until

pytestmark = [pytest.mark.xdist_group("faults"), needs_sqlite]
PEOPLE = 20
TIMEOUT = 20  # seconds that a form waits
LOCK_SECONDS = 26  # longer than that


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder = tmp_path_factory.mktemp("locked")
    copy_of_standard_site(folder, "")
    with ServedSite(folder, "--empty") as site:
        for path in ("/", "/blog/"):
            assert site.get(path)[0] == 200
        yield site


def send(site: ServedSite, number: int) -> tuple[int, float, bool]:
    """Send a message; return the status, the seconds, and whether the words came back."""
    message = f"Could you take over my diary? We are number {number}."
    form = {"name": f"Locked {number}", "email": f"locked{number}@example.com", "message": message}
    body = urllib.parse.urlencode(form).encode()
    started = time.monotonic()
    try:
        answer = urllib.request.urlopen(f"{site.url}/contact/", body, timeout=90)  # noqa: S310
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        raise AssertionError("".join(site.output[-20:])) from error
    with answer:
        return answer.status, time.monotonic() - started, message in answer.read().decode()


def test_visitor_reads_while_twenty_wait_for_a_lock(site: ServedSite) -> None:
    with (
        Visitor(site) as kept,
        Visitor(site, "/search/?q=desk") as made,
        ThreadPoolExecutor(2 * PEOPLE) as people,
    ):
        with locked(site):
            started = time.monotonic()
            senders = [people.submit(send, site, number) for number in range(PEOPLE)]
            lost = [people.submit(site.get, f"/nowhere-{number}/") for number in range(PEOPLE)]
            assert {one.result()[0] for one in lost} == {404}
            pages = [site.get(path)[0] for path in ("/", "/search/?q=desk") * 20]
            assert not [sender for sender in senders if sender.done()]  # all of them still wait
            wait_until(lambda: time.monotonic() - started > LOCK_SECONDS, seconds=60)
        answers = [sender.result() for sender in senders]
        statuses = Counter(status for status, _, _ in answers)
        longest = max(seconds for _, seconds, _ in answers)
        threading.Event().wait(0.5)
        after = send(site, PEOPLE)
    print(f"{dict(statuses)}, longest {longest:.1f} s; slowest page {kept.slowest:.2f} s")
    assert set(kept.answers) == set(made.answers) == {200}
    assert pages == [200] * 40  # one after another, each before anybody's lock was waited for
    assert statuses == {503: PEOPLE}
    assert all(has_words for _, _, has_words in answers)
    assert longest < TIMEOUT + 6
    assert after[0] == 200  # urllib has followed 303 to the page that thanks


def test_visitor_whose_lock_ends_in_time_is_thanked(site: ServedSite) -> None:
    with ThreadPoolExecutor(PEOPLE) as people:
        with locked(site):
            started = time.monotonic()
            senders = [people.submit(send, site, 100 + number) for number in range(PEOPLE)]
            wait_until(lambda: time.monotonic() - started > 6)
        assert {sender.result()[0] for sender in senders} == {200}
