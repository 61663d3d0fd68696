"""Keeps the web server running, whose worker is one of its processes, and renews it without a gap.

A process without Django and packages, so that it costs little memory: `manage.py serve`
becomes it once the site is prepared. The listening socket is its own, so that connections wait
while a web server is renewed or started again; none is refused.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 4.5  # of what is stopped
RENEWED_SECONDS = 20.5  # of what has been replaced: nobody waits for its end
STEADY_SECONDS = 10.0
START_SECONDS = 60.0
LOOK_SECONDS = 0.1
MOST_FAILURES = 5
# glibc (mallopt(3)): large blocks, such as pictures, are given back at once and not kept by each
# thread for its next one. Without it 200 uploads left the web with twice its memory.
ALLOCATION = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"}
RENEWED, NOT_RENEWED = "renewed", "the new version can't start, the old one goes on"
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
            env=ALLOCATION
            | os.environ
            | {"NOTIFY_SOCKET": address, "VASITE_SUPERVISOR": str(os.getpid())},
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
        end(old.process, RENEWED_SECONDS)
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
    """Whoever connects to `control`, a UNIX socket, has the web server renewed and reads how that
    went. It works where no process sees the others, as under systemd's PrivateUsers."""

    def __init__(
        self,
        web: WebServer,
        control: socket.socket | None,
        address: tuple[str, int],
        ready_line: str,
    ) -> None:
        self.web = web
        self.control = control
        self.address = address
        self.ready_line = ready_line
        self.is_stopping = False

    def run(self) -> int:
        """Runs until told to stop; gives the exit status: 0, or 1 when the web can't stay up."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, self.stop)
        self.web.start()
        status = 0
        is_announced = False
        while not self.is_stopping and status == 0:
            asked = select.select([self.control] if self.control else [], [], [], LOOK_SECONDS)[0]
            if not is_announced and self.is_answering():
                print(self.ready_line, flush=True)
                notify("READY=1")
                is_announced = True
            if asked:
                self.renew(*asked)
            status = self.restart_if_ended()
        end(self.web.process, GRACE_SECONDS)
        return status

    def stop(self, signal_number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def renew(self, control: socket.socket) -> None:
        """Start the code that is there now in place of what runs, and tell whoever asked."""
        asker, _ = control.accept()
        with asker:
            outcome = RENEWED if self.web.renew() else NOT_RENEWED
            print(f"vasite: {outcome}", flush=True)
            with suppress(OSError):  # it has stopped waiting
                asker.sendall(outcome.encode())

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


def listen(path: Path) -> socket.socket | None:
    """Return a socket at a path that this user alone may connect to, or None if the disk takes no
    sockets: the site is worth more than its renewal."""
    control = socket.socket(socket.AF_UNIX)
    try:
        path.unlink(missing_ok=True)  # of one that was killed
        with short_path(path) as address:
            control.bind(address)
        path.chmod(0o600)  # to connect is to write
        control.listen()
    except OSError as error:
        print(
            f"vasite: {path} can't be a socket ({error.strerror}): a new version needs a restart, "
            "not a reload.",
            file=sys.stderr,
            flush=True,
        )
        control.close()
        return None
    return control


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Yield a path of a file that fits into a socket's address, of 107 bytes at most: unix(7)."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def ask_to_renew(path: Path, seconds: float) -> str:
    """Have the supervisor with its socket at a path renew the web server; return how that went.
    Raise OSError if none listens there, or if it takes longer than that."""
    with socket.socket(socket.AF_UNIX) as control, short_path(path) as address:
        control.settimeout(seconds)
        control.connect(address)
        with control.makefile() as answer:
            return answer.read()


def notify(state: str) -> None:
    """Tells systemd, if it started this process, how it is (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices, suppress(OSError):
            notices.sendto(state.encode(), address.replace("@", "\0", 1))


def main() -> int:
    """Takes the site's own host and port, its public address, the path of the socket for renewals,
    and the number of the listening socket."""
    host, port, site_url, path, listening = sys.argv[1:6]
    control_path = Path(path)
    ready_line = f"Ready: {site_url}/ (stop with Ctrl-C)"
    control = listen(control_path)
    web = WebServer(int(listening))
    status = Supervisor(web, control, (host, int(port)), ready_line).run()
    if control:
        control_path.unlink(missing_ok=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
