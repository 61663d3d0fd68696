"""Keeps the web server running, whose worker is one of its processes, and renews it without a gap.

A process without Django and packages, so that it costs little memory: `manage.py serve`
becomes it once the site is prepared. The listening socket is its own, so that connections wait
while a web server is renewed or started again; none is refused.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from copy import copy
from pathlib import Path
from types import FrameType

from vasite.pagecache.files import write_whole

GRACE_SECONDS = 4.5
STEADY_SECONDS = 10.0
START_SECONDS = 60.0
LOOK_SECONDS = 0.1
MOST_FAILURES = 5
# glibc (mallopt(3)): large blocks, such as pictures, are given back at once and not kept by each
# thread for its next one. Without it 200 uploads left the web with twice its memory.
ALLOCATION = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"}
GUNICORN = ["-m", "gunicorn", "-c", "python:vasite.serving.gunicorn_settings"]


class WebServer:
    """gunicorn's master with all that it started, in one group of processes. It tells by
    sd_notify(3) when it is ready; `failures` counts the times it ended before it ran steadily."""

    process: subprocess.Popen[bytes]
    notices: socket.socket

    def __init__(self, listening: int) -> None:
        self.listening = listening  # the number of the socket, which it inherits
        self.failures = 0
        self.started_at = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind("")  # an abstract address of the system's choice: unix(7)
        self.notices.setblocking(False)
        address = "@" + self.notices.getsockname()[1:].decode()
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends it with
        # SIGTERM, gracefully.
        self.process = subprocess.Popen(
            [sys.executable, *GUNICORN, "-b", f"fd://{self.listening}", "vasite.wsgi"],
            start_new_session=True,
            env=ALLOCATION | os.environ | {"NOTIFY_SOCKET": address},
            pass_fds=(self.listening,),
        )

    def renew(self) -> bool:
        """Puts a new process in the place of the old one, which goes on until the new one is
        ready, or for good if that doesn't become so. Tells whether it did."""
        old = copy(self)
        self.start()
        if not self.becomes_ready():
            end(self.process, 0)
            self.notices.close()
            vars(self).update(vars(old))
            return False
        end(old.process, GRACE_SECONDS)
        old.notices.close()
        return True

    def becomes_ready(self) -> bool:
        while self.process.poll() is None and time.monotonic() - self.started_at < START_SECONDS:
            with suppress(BlockingIOError):
                if b"READY=1" in self.notices.recv(4096).split(b"\n"):
                    return True
            time.sleep(LOOK_SECONDS)
        return False


def send(process: subprocess.Popen[bytes], signal_number: int) -> None:
    """Signals a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal_number)


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Lets a process finish what it does within some seconds, then ends it."""
    send(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    send(process, signal.SIGKILL)
    process.wait()


class Supervisor:
    """`record` is a file that says which process this is and how its last renewal went."""

    def __init__(
        self, web: WebServer, record: Path, address: tuple[str, int], ready_line: str
    ) -> None:
        self.web = web
        self.record = record
        self.address = address
        self.ready_line = ready_line
        self.is_stopping = False
        self.is_to_renew = False

    def run(self) -> int:
        """Runs until told to stop; gives the exit status: 0, or 1 when the web can't stay up."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, self.stop)
        signal.signal(signal.SIGUSR2, self.ask_to_renew)
        self.web.start()
        self.write_record()
        status = 0
        is_announced = False
        while not self.is_stopping and status == 0:
            time.sleep(LOOK_SECONDS)
            if not is_announced and self.is_answering():
                print(self.ready_line, flush=True)
                notify("READY=1")
                is_announced = True
            if self.is_to_renew:
                self.renew()
            status = self.restart_if_ended()
        self.record.unlink(missing_ok=True)
        end(self.web.process, GRACE_SECONDS)
        return status

    def stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def ask_to_renew(self, signal_number: int, frame: FrameType | None) -> None:
        self.is_to_renew = True

    def renew(self) -> None:
        """Starts the code that is there now in place of what runs."""
        self.is_to_renew = False
        is_well = self.web.renew()
        outcome = "renewed" if is_well else "the new version can't start, the old one goes on"
        print(f"vasite: {outcome}", flush=True)
        self.write_record(str(time.monotonic()), outcome)

    def write_record(self, *words: str) -> None:
        write_whole(self.record, " ".join([str(os.getpid()), *words]).encode())

    def is_answering(self) -> bool:
        with suppress(OSError), socket.create_connection(self.address, timeout=1) as visitor:
            visitor.sendall(f"GET /healthz HTTP/1.0\r\nHost: {self.address[0]}\r\n\r\n".encode())
            return b" 200 " in visitor.recv(20)
        return False

    def restart_if_ended(self) -> int:
        web, code = self.web, self.web.process.poll()
        if code is None or self.is_stopping:
            return 0
        if time.monotonic() - web.started_at > STEADY_SECONDS:
            web.failures = 0
        web.failures += 1
        if web.failures >= MOST_FAILURES:
            print(
                f"vasite: the web server can't stay up: it ended {web.failures} times, "
                f"last with status {code}. Its error is above.",
                file=sys.stderr,
                flush=True,
            )
            return 1
        print(f"vasite: the web server ended with status {code}; starting it again", flush=True)
        # What it left finishes what it has, such as a mail that is being handed over
        send(web.process, signal.SIGTERM)
        threading.Timer(GRACE_SECONDS, send, [web.process, signal.SIGKILL]).start()
        web.notices.close()
        web.start()
        return 0


def notify(state: str) -> None:
    """Tells systemd, if it started this process, how it is (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices, suppress(OSError):
            notices.sendto(state.encode(), address.replace("@", "\0", 1))


def main() -> int:
    """Takes the site's own host and port, its public address, the file that records this process,
    and the number of the listening socket."""
    host, port, site_url, record, listening = sys.argv[1:6]
    ready_line = f"Ready: {site_url}/ (stop with Ctrl-C)"
    web = WebServer(int(listening))
    return Supervisor(web, Path(record), (host, int(port)), ready_line).run()


if __name__ == "__main__":
    sys.exit(main())
