"""The operator copies the guide's lines one block at a time, whatever folder the shell is in."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from vasite.environment import PROJECT_DIR

GUIDES = sorted((PROJECT_DIR / "docs" / "operator").glob("*.md"))
OF_THE_PROJECT = re.compile(r"(?<![\w/.*])(?:deploy|requirements|\.venv|manage\.py)/?[\w/.]*")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_operator_may_run_each_block_from_any_folder(guide: Path) -> None:
    for block in re.findall(r"```sh\n(.*?)```", guide.read_text(), re.S):
        before_cd = block.partition("cd /srv/vasite")[0]
        assert OF_THE_PROJECT.findall(before_cd) == [], block


def test_operator_runs_a_command_of_the_site_from_any_folder(tmp_path: Path) -> None:
    systemd_run = tmp_path / "systemd-run"
    systemd_run.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    systemd_run.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    given = subprocess.check_output(
        ["/bin/sh", PROJECT_DIR / "deploy" / "manage", "set_password", "two words"],
        cwd="/",
        env={"PATH": path},
        text=True,
    ).splitlines()
    assert {"User=vasite", "UMask=0027", "WorkingDirectory=/srv/vasite"} <= set(given)
    command = ["/srv/vasite/.venv/bin/python", "manage.py", "set_password", "two words"]
    assert given[-4:] == command
