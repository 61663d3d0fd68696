"""Runs code on a site's database: Django is loaded once, and each piece runs in a fork of it.

A start of `manage.py shell` for each would take most of the tests' time. Reads a request a line, as
JSON; after what the code prints comes a line with END and its exit status, or the process's id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

END = "\x00"


class Shell:
    """Django's shell of a site whose code lies in a folder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=folder,
            env=environment | {"DJANGO_SETTINGS_MODULE": "vasite.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> str:
        """Run code and return what it prints; its traceback is on stderr."""
        printed, status = self.ask(code=code)
        assert status == 0, f"it ended with {status}: {code}"
        return printed

    def start(self, code: str) -> int:
        """Start code that goes on by itself and return its process's id."""
        return self.ask(start=code)[1]

    def kill(self, pid: int) -> None:
        """Kill what was started, and wait for its end."""
        self.ask(kill=pid)

    def ask(self, **request: Any) -> tuple[str, int]:
        assert self.process.stdin
        assert self.process.stdout
        with self.lock:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            printed = ""
            for line in self.process.stdout:
                before, end, status = line.partition(END)
                printed += before
                if end:
                    return printed, int(status)
        raise AssertionError("the shell has ended")

    def close(self) -> None:
        self.process.communicate()


def execute(code: str) -> int:
    """Run code and return the exit status for it."""
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


def fork(code: str, *, is_silent: bool = False) -> int:
    """Run code in a process of its own and return its id."""
    pid = os.fork()
    if pid == 0:
        if is_silent:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
        os._exit(execute(code))
    return pid


def wait_for(pid: int) -> int:
    """Return the exit status of a process that has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def answer(request: dict[str, Any]) -> int:
    """Do what was asked for, and return an exit status or the id of what was started."""
    if "start" in request:
        return fork(request["start"], is_silent=True)
    if "kill" in request:
        os.kill(request["kill"], signal.SIGKILL)
        return wait_for(request["kill"])
    return wait_for(fork(request["code"]))


def main() -> None:
    sys.path[0] = os.getcwd()
    import django

    django.setup()
    for line in sys.stdin:
        print(f"{END}{answer(json.loads(line))}", flush=True)


if __name__ == "__main__":
    main()
