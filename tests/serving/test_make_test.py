"""What `make test` brings along by itself, and what it says is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vasite.environment import PROJECT_DIR

NPM = """#!/bin/sh
echo "$@" >> calls
mkdir -p tests/browser/node_modules
[ -f offline ] && { echo "npm error ENOTFOUND" >&2; exit 1; }
touch tests/browser/node_modules/.package-lock.json
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The Makefile with programs that only note how they were called."""
    (tmp_path / "Makefile").write_text((PROJECT_DIR / "Makefile").read_text())
    scripts = {
        "requirements/install": "",
        "bin/npm": NPM,
        ".venv/bin/python": "#!/bin/sh\necho tests ran",
    }
    for name, script in scripts.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "tests/browser").mkdir(parents=True)
    lock = tmp_path / "tests/browser/package-lock.json"
    lock.touch()
    os.utime(lock, (1, 1))
    return tmp_path


def make_test(clone: Path) -> subprocess.CompletedProcess[str]:
    path = f"{clone}/bin:/usr/bin:/bin"
    return subprocess.run(
        ["make", "test"], cwd=clone, env={"PATH": path}, capture_output=True, text=True, check=True
    )


def test_newcomer_gets_the_packages_of_the_browser_tests_once(clone: Path) -> None:
    for _ in range(2):
        ended = make_test(clone)
        assert (ended.stdout, ended.stderr) == ("tests ran\n", "")
    (call,) = (clone / "calls").read_text().splitlines()
    assert call.startswith("ci ")
    assert call.endswith("--prefix tests/browser")


def test_packages_are_installed_anew_when_their_list_changed(clone: Path) -> None:
    make_test(clone)
    os.utime(clone / "tests/browser/node_modules/.package-lock.json", (0, 0))
    make_test(clone)
    assert len((clone / "calls").read_text().splitlines()) == 2


def test_without_network_the_tests_run_all_the_same(clone: Path) -> None:
    (clone / "offline").touch()
    ended = make_test(clone)
    assert ended.stdout == "tests ran\n"
    (line,) = ended.stderr.splitlines()
    assert line.startswith("npm can't install the packages of tests/browser")


def test_a_run_ends_with_what_to_install() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "tests/browser/test_search.py"]
    command += ["-p", "no:cacheprovider"]
    environment = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    ended = subprocess.run(
        command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=True
    )
    closing = ended.stdout.splitlines()
    (skipped,) = (line for line in closing if line.startswith("Skipped tests: "))
    (remedy,) = (line for line in closing if line.startswith("To run them: "))
    assert skipped.startswith("Skipped tests: browser (")
    assert "Chromium" in skipped
    assert "apt install chromium" in remedy
