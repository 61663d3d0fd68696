"""gunicorn's threads, none of which waits for a visitor; one process of all is the site's worker.

gunicorn gives each new connection a thread that waits for its request: as many idle connections
as there are threads, such as browsers open in advance, and nobody else is answered. Here a request
gets a thread once its headers have come, and of its body as much as a form has. Who is slower than
PATIENCE is hung up on.

The worker is forked like the others, so it shares the code's memory with them, and gunicorn starts
it again when it dies or is frozen.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import selectors
import signal
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds for which a process that has connections enough lets another come first: without it one
# of two took all sixteen of a proxy that keeps them, and half the processor was idle.
COURTESY = 0.0003
PATIENCE = 20  # seconds for headers and the first part of the body
STALLED = struct.pack("ll", 10, 0)  # seconds for which a thread waits for the rest
LOOKED_AT = 65_536  # bytes
END = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})", re.I)
EXPECT = re.compile(rb"\r\nexpect:", re.I)
NOBODY_THERE = (errno.EAGAIN, errno.ECONNABORTED)


class PatientWorker(ThreadWorker):
    """Listens to all connections in one loop, and hands over what has arrived."""

    def run(self) -> None:
        if is_to_work(self.app):
            from vasite.serving.background import BackgroundWorker  # whose models need the apps

            BackgroundWorker(self.tell_master).run()
        else:
            super().run()

    def tell_master(self) -> None:
        self.notify()
        if not self.is_parent_alive():
            os.kill(os.getpid(), signal.SIGTERM)

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns - len(self.pending_conns) >= self.cfg.threads:
            time.sleep(COURTESY)
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NOBODY_THERE:
                return
            raise
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, STALLED)
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        if has_arrived(conn.sock):  # as most have: one turn of the loop less
            conn.data_ready = True
            self.enqueue_req(conn)
        else:
            self.await_request(conn)

    def await_request(self, conn: Any) -> None:
        conn.timeout = time.monotonic() + PATIENCE
        self.pending_conns.append(conn)
        heard = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, heard)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if has_arrived(client):
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if has_arrived(client):
            super().on_client_socket_readable(conn, client)
        else:
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self.await_request(conn)


def is_to_work(app: Any) -> bool:
    """Whether this process is the first to ask, or the first since the last worker ended: only one
    can have the lock, and loses it with its life (fcntl(2), F_SETLK)."""
    if not hasattr(app, "worker_lock"):
        return False
    try:
        fcntl.lockf(app.worker_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def has_arrived(client: socket.socket) -> bool:
    """Whether a thread can read a request without waiting; else the socket is told when to speak
    again (SO_RCVLOWAT), so that each byte is looked at once or twice, however slowly they come."""
    try:
        seen = client.recv(LOOKED_AT, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True  # for the thread to find out
    wanted = bytes_wanted(seen)
    low_water = 1 if len(seen) >= wanted else wanted
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, low_water)
    return low_water == 1


def bytes_wanted(seen: bytes) -> int:
    """Gives how many bytes of a request have to be there, at most LOOKED_AT."""
    head, end, _ = seen.partition(END)
    if not seen or len(seen) >= LOOKED_AT:
        return 0  # hung up, or more than gunicorn takes: its to refuse
    if not end:
        return len(seen) + 1
    length = CONTENT_LENGTH.search(head)
    if length is None or EXPECT.search(head):  # who expects 100 Continue sends no body before it
        return 0
    return min(len(head) + len(END) + int(length[1]), LOOKED_AT)
