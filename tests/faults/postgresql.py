"""A PostgreSQL server of a test's own, which it may stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.served import free_port


class OwnPostgreSQL:
    """A PostgreSQL server that may be stopped, in a new folder."""

    def __init__(self, pg_ctl: Path) -> None:
        self.pg_ctl = pg_ctl
        self.folder = Path(tempfile.mkdtemp(prefix="vasite-postgresql-"))
        self.port = free_port()
        self.address = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self.account: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self.account = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.folder, "nobody", "nogroup")
        self.run("initdb", "-o", "--auth=trust --username=postgres --no-sync")

    def run(self, *arguments: str) -> None:
        command = [self.pg_ctl, "-D", self.folder / "data", "-w", "-s", *arguments]
        subprocess.run(command, check=True, cwd=self.folder, **self.account)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1"
        self.run("start", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        self.run("stop", "-m", "immediate")
