"""Published is public at once, unpublished is gone at once: in every process, by whatever way.

Four web processes, eight readers, and 200 edits by a fifth process. No answer to a request that
began after an edit was committed may show what was before it; neither from the site itself, nor
from nginx in front of it, which gives pages from files, nor from a second machine on the same
database.
"""

from __future__ import annotations

import bisect
import http.client
import itertools
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.deploy import fronts
from tests.programs import is_installed
from tests.served import ServedSite, copy_of_standard_site, needs_postgresql
from vasite.environment import PROJECT_DIR

EDITS, READERS = 200, 8
HAS_NGINX = is_installed("nginx")
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
    was_file: bool


@dataclass
class Public:
    """A site, and how its readers reach it."""

    site: ServedSite
    connect: Callable[[], http.client.HTTPConnection]


@pytest.fixture
def one_machine(tmp_path: Path) -> Iterator[Public]:
    """Four web processes; half of the readers go through nginx, if it is there, the others past
    it."""
    address = copy_of_standard_site(tmp_path, "vasite_exact")
    public = {"SITE_URL": f"https://{fronts.HOST}", "PAGE_FILES": "true", "DATABASE_URL": address}
    with (
        ServedSite(tmp_path, "--empty", WEB_CONCURRENCY="4", **public) as site,
        fronts.nginx(site, tmp_path / "tmp") if HAS_NGINX else nullcontext() as port,
    ):
        past_it = partial(http.client.HTTPConnection, "127.0.0.1", site.port, timeout=30)
        ways = itertools.cycle([partial(fronts.connect, port), past_it] if HAS_NGINX else [past_it])
        yield Public(site, lambda: next(ways)())


@pytest.fixture
def two_machines(tmp_path: Path) -> Iterator[Public]:
    """Two machines, each with a DATA_DIR of its own, on one database; readers go to either."""
    address = copy_of_standard_site(tmp_path / "first", "vasite_exact")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    common = {"SITE_URL": f"http://{fronts.HOST}", "DATABASE_URL": address}
    with (
        ServedSite(tmp_path / "first", "--empty", **common) as first,
        ServedSite(tmp_path / "second", "--empty", **common) as second,
    ):
        ports = itertools.cycle([first.port, second.port])
        connect = lambda: http.client.HTTPConnection("127.0.0.1", next(ports), timeout=30)  # noqa: E731
        yield Public(first, connect)


def read(public: Public, paths: list[str], stop: threading.Event, found: list[Reading]) -> None:
    connection = public.connect()
    headers = {"Host": fronts.HOST, "X-Forwarded-Proto": "https"}
    turn = 0
    while not stop.is_set():
        path = paths[turn % len(paths)]
        turn += 1
        began = time.monotonic()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        seen: dict[str, int] = {}
        for mark, number in MARK.findall(body):
            edit = EDIT_OF[mark.decode()]
            seen[edit] = max(seen.get(edit, 0), int(number))
        kept = "s-maxage" in answer.headers.get("Cache-Control", "")
        from_file = kept and answer.headers["Age"] is None  # which the site always says
        found.append(Reading(path, began, time.monotonic(), answer.status, seen, kept, from_file))
        time.sleep(0.03)


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(
    "front",
    [
        "one_machine",
        pytest.param("two_machines", marks=needs_postgresql),
    ],
)
def test_no_answer_shows_what_was_before(front: str, request: pytest.FixtureRequest) -> None:
    public: Public = request.getfixturevalue(front)
    site = public.site
    site.run_code(POSTS)
    titled, toggled = "/blog/titled/", "/blog/toggled/"
    paths = ["/", titled, "/blog/", toggled, "/services/", "/feed/"]
    stop = threading.Event()
    found: list[Reading] = []
    readers = [
        threading.Thread(target=read, args=(public, paths[start:] + paths[:start], stop, found))
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
    files = sum(reading.was_file for reading in found)
    print(
        f"{len(found)} answers, {kept} of them pages that may be kept, {files} from files, "
        f"during {EDITS} edits; "
        f"checked {dict(checked)}; late: {len(late)}"
    )
    assert late == []
    assert (files > 50) == (HAS_NGINX and front == "one_machine")
    assert {reading.status for reading in found} <= {200, 404, 410}
    assert min(checked.values()) > 30
