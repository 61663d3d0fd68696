"""A process that no longer says it is well is ended; one that starts anew by itself is not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.served import wait_until
from vasite.serving.supervisor import MOST_SILENT_LOOKS, Child, end

SAY = """
import sys, time
from vasite.serving.supervisor import notify
for words in sys.argv[1:]:
    notify(words)
time.sleep(600)
"""


@pytest.fixture
def child_that_says() -> Iterator[Callable[..., Child]]:
    children = []

    def start(*words: str) -> Child:
        child = Child("worker", [sys.executable, "-c", SAY, *words])
        child.start()
        children.append(child)
        heard: set[str] = set()
        wait_until(lambda: heard.update(child.hear()) or heard >= set(words))
        return child

    yield start
    for child in children:
        end(child.process, 0)
        child.notices.close()


def look(child: Child, times: int) -> bool:
    """Looks at a child without a pause, and tells whether it is still there."""
    for _ in range(times):
        child.end_if_frozen()
    return child.process.poll() is None


def test_one_that_went_silent_is_ended(child_that_says: Callable[..., Child]) -> None:
    child = child_that_says("WATCHDOG=1")
    assert look(child, MOST_SILENT_LOOKS)
    assert not look(child, 1)


@pytest.mark.parametrize("words", [["READY=1"], ["WATCHDOG=1", "RELOADING=1"]])
def test_one_that_never_began_or_starts_anew_is_waited_for(
    child_that_says: Callable[..., Child], words: list[str]
) -> None:
    assert look(child_that_says(*words), 3 * MOST_SILENT_LOOKS)
