"""What the installer says where something is missing."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from vasite.environment import PROJECT_DIR

NO_VENV = """#!/bin/sh
case "$2" in
  *ensurepip*) exit 1 ;;
  *) exit 0 ;;
esac
"""
TOO_OLD = """#!/bin/sh
exit 1
"""


@pytest.mark.parametrize(
    ("python", "words"),
    [
        pytest.param(TOO_OLD, "No Python 3.11, 3.12 or 3.13 found", id="unknown Python"),
        pytest.param(NO_VENV, "Python's venv module is missing", id="no venv module"),
    ],
)
def test_a_missing_piece_is_named_in_one_line(tmp_path: Path, python: str, words: str) -> None:
    shutil.copytree(PROJECT_DIR / "requirements", tmp_path / "requirements")
    fake = tmp_path / "python"
    fake.write_text(python)
    fake.chmod(0o755)
    ended = subprocess.run(
        ["sh", "requirements/install", "base"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(fake)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert words in line
    assert not (tmp_path / ".venv").exists()


FAILS_ONCE = """#!/bin/sh
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *"-m pip"*) [ -f tried ] || { touch tried; echo "ERROR: no network" >&2; exit 1; } ;;
esac
"""


def test_a_second_try_after_a_failure_succeeds(tmp_path: Path) -> None:
    shutil.copytree(PROJECT_DIR / "requirements", tmp_path / "requirements")
    fake = tmp_path / "python"
    fake.write_text(FAILS_ONCE)
    fake.chmod(0o755)
    statuses = [
        subprocess.run(
            ["sh", "requirements/install", "base"],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHON": str(fake)},
            capture_output=True,
            check=False,
        ).returncode
        for _ in range(2)
    ]
    assert statuses == [1, 0]


def test_operator_who_installs_what_is_declared_has_all_that_is_imported() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["amazon"], *extras["sentry"]]
    declared = {re.split(r"[~<>=\[ ]", line)[0].lower() for line in lines}
    own = ("vasite", "blog", "services", "contact", "newsletter")
    distributions = packages_distributions()
    undeclared = {
        name
        for folder in own
        for path in (PROJECT_DIR / folder).rglob("*.py")
        for name in imports_of(path)
        if name not in {*own, *sys.stdlib_module_names}
        and not declared & {found.lower().replace("_", "-") for found in distributions[name]}
    }
    assert undeclared == {"playwright"}  # draws the demo's pictures: `make demo-pictures`


def imports_of(path: Path) -> set[str]:
    """Gives the names of the packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names
