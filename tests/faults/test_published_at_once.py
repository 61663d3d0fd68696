"""Published is public at once, unpublished is gone at once: in every process, by whatever way.

Four web processes, eight readers who ask without pause, and 500 edits by a fifth process. No answer
to a request that began after an edit was committed may show what was before it.
"""

from __future__ import annotations

import bisect
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.served import ServedSite, copy_of_standard_site
from vasite.environment import PROJECT_DIR

EDITS, READERS = 500, 8
POSTS = """
from blog.models import BlogIndexPage, BlogPostPage
for title in ("Toggled", "Moved", "Titled"):
    BlogIndexPage.objects.get().add_child(instance=BlogPostPage(title=title)).save_revision().publish()
"""
MARK = re.compile(rb"(Name|Title|Comment|Menu|slug)-(\d{6})")
EDIT_OF = {"Name": "settings", "Title": "publish", "Comment": "comment", "Menu": "menu"}
EDIT_OF["slug"] = "rename"


@dataclass
class Reading:
    """One answer: when it was asked for and had, its status, and the newest number of each mark."""

    path: str
    began: float
    ended: float
    status: int
    seen: dict[str, int]
    was_kept: bool


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder: Path = tmp_path_factory.mktemp("exact")
    address = copy_of_standard_site(folder, "vasite_exact")
    with ServedSite(folder, "--empty", DATABASE_URL=address, WEB_CONCURRENCY="4") as site:
        yield site


def read(site: ServedSite, paths: list[str], stop: threading.Event, found: list[Reading]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    turn = 0
    while not stop.is_set():
        path = paths[turn % len(paths)]
        turn += 1
        began = time.monotonic()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        seen: dict[str, int] = {}
        for mark, number in MARK.findall(body):
            edit = EDIT_OF[mark.decode()]
            seen[edit] = max(seen.get(edit, 0), int(number))
        kept = answer.headers["Age"] is not None
        found.append(Reading(path, began, time.monotonic(), answer.status, seen, kept))
        time.sleep(0.01)


@pytest.mark.xdist_group("faults")
def test_no_answer_shows_what_was_before(site: ServedSite) -> None:
    site.run_code(POSTS)
    titled, toggled = "/blog/titled/", "/blog/toggled/"
    paths = ["/", titled, "/blog/", toggled, "/services/", "/feed/"]
    stop = threading.Event()
    found: list[Reading] = []
    readers = [
        threading.Thread(target=read, args=(site, paths[start:] + paths[:start], stop, found))
        for start in (number % len(paths) for number in range(READERS))
    ]
    for reader in readers:
        reader.start()
    edits: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    editor = subprocess.run(
        [sys.executable, "-m", "tests.faults.editing", str(EDITS)],
        cwd=PROJECT_DIR,
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    stop.set()
    for reader in readers:
        reader.join()
    assert editor.returncode == 0, editor.stderr
    for line in editor.stdout.splitlines():
        if line.startswith("["):
            name, number, began, committed = json.loads(line)
            edits[name].append((number, began, committed))
    committed = {name: [done for _, _, done in those] for name, those in edits.items()}
    assert sum(map(len, committed.values())) == EDITS

    shown_on = {
        "settings": set(paths[:3]) | {"/services/"},
        "menu": set(paths[:3]) | {"/services/"},
        "publish": {titled, "/blog/", "/feed/"},
        "comment": {titled},
        "rename": {"/blog/", "/feed/"},
    }
    late: list[tuple[str, Reading, int]] = []
    checked = Counter[str]()
    for reading in found:
        for name, where in shown_on.items():
            if reading.path in where and reading.status == 200:
                expected = bisect.bisect_left(committed[name], reading.began)
                checked[name] += 1
                if reading.seen.get(name, 0) < expected:
                    late.append((name, reading, expected))
        if reading.path == toggled:
            expected = bisect.bisect_left(committed["toggle"], reading.began)
            following = edits["toggle"][expected:]
            if not following or following[0][1] > reading.ended:  # none began meanwhile
                checked["toggle"] += 1
                if (reading.status == 200) != (expected % 2 == 0):
                    late.append(("toggle", reading, expected))
    kept = sum(reading.was_kept for reading in found)
    print(
        f"{len(found)} answers, {kept} of them pages that may be kept, during {EDITS} edits; "
        f"checked {dict(checked)}; late: {len(late)}"
    )
    assert late == []
    assert {reading.status for reading in found} <= {200, 404, 410}
    assert min(checked.values()) > 30
