"""Keeps the web server and the worker running, and ends both together.

A process of the standard library alone, so that it costs little memory: `manage.py serve`
becomes it once the site is prepared.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

GRACE_SECONDS = 4.5
STEADY_SECONDS = 10.0
MOST_FAILURES = 5
# glibc (mallopt(3)): large blocks, such as pictures, are given back at once and not kept by each
# thread for its next one. Without it 200 uploads left the web with twice its memory.
ALLOCATION = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"}
GUNICORN_SETTINGS = "python:vasite.serving.gunicorn_settings"


@dataclass
class Child:
    """A process kept running; `failures` counts the times it ended before it ran steadily."""

    name: str
    command: list[str]
    failures: int = 0
    started_at: float = 0.0
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        self.started_at = time.monotonic()
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends the
        # children with SIGTERM, gracefully.
        self.process = subprocess.Popen(
            self.command, start_new_session=True, env=ALLOCATION | os.environ
        )

    def signal(self, signal_number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal_number)


class Supervisor:
    def __init__(self, children: list[Child], health_url: str, ready_line: str) -> None:
        self.children = children
        self.health_url = health_url
        self.ready_line = ready_line
        self.is_stopping = False

    def run(self) -> int:
        """Runs until told to stop; gives the exit status: 0, or 1 when a child can't stay up."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, self.stop)
        for child in self.children:
            child.start()
        status = 0
        is_announced = False
        while not self.is_stopping and status == 0:
            time.sleep(0.1)
            if not is_announced and self.is_answering():
                print(self.ready_line, flush=True)
                is_announced = True
            for child in self.children:
                status = status or self.restart_if_ended(child)
        self.end_children()
        return status

    def stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def is_answering(self) -> bool:
        try:
            with urllib.request.urlopen(self.health_url, timeout=1):  # noqa: S310 - our own http
                return True
        except OSError:
            return False

    def restart_if_ended(self, child: Child) -> int:
        code = child.process.poll()
        if code is None or self.is_stopping:
            return 0
        if time.monotonic() - child.started_at > STEADY_SECONDS:
            child.failures = 0
        child.failures += 1
        if child.failures >= MOST_FAILURES:
            print(
                f"vasite: {child.name} can't stay up: it ended {child.failures} times, "
                f"last with status {code}. Its error is above.",
                file=sys.stderr,
                flush=True,
            )
            return 1
        print(f"vasite: {child.name} ended with status {code}; starting it again", flush=True)
        child.signal(signal.SIGKILL)  # what the dead process left of its group
        child.start()
        return 0

    def end_children(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)
            child.process.wait()


def main() -> int:
    """Takes the site's own address, its public address and the folder of manage.py."""
    address, site_url, folder = sys.argv[1:4]
    children = [
        Child(
            "web",
            [sys.executable, "-m", "gunicorn", "-c", GUNICORN_SETTINGS, "vasite.wsgi"],
        ),
        Child("worker", [sys.executable, os.path.join(folder, "manage.py"), "worker"]),
    ]
    ready_line = f"Ready: {site_url}/ (stop with Ctrl-C)"
    return Supervisor(children, f"{address}/healthz", ready_line).run()


if __name__ == "__main__":
    sys.exit(main())
