"""gunicorn's threads, none of which waits for a visitor; one process of all is the site's worker.

gunicorn gives each connection a thread that waits for the request and until the response is taken:
as many slow clients as there are threads, and nobody else is answered. Here one loop reads whole
requests and sends what a response's thread could not send at once (vasite.serving.buffers). Whoever
is slower than MIN_BYTES_PER_SECOND is hung up on.

Finished pages have threads of their own (gunicorn's tpool), and so have requests that read and
requests that write: however many wait for a database that is locked, pages are given.

The worker is forked like the others, so it shares the code's memory with them, and gunicorn starts
it again when it dies or is frozen.

Read from gunicorn 27.0 and bound to it: ThreadWorker's loop and its attributes, Request, Response
and create(). There is no upstream issue that asks for buffering in the threaded worker.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import selectors
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from gunicorn.http import errors
from gunicorn.http.body import LengthReader
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import FileWrapper, Response, create
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from vasite.request_ids import HEADER, request_id_for
from vasite.serving.buffers import (
    ARRIVED_AT,
    END_OF_HEAD,
    FORWARDED_FOR,
    MAX_HEAD_BYTES,
    Holdings,
    RequestBuffer,
    ResponseBuffer,
    TooManyBytesError,
)
from vasite.serving.visitors import network_of_address
from vasite.serving.worker_watch import watch_worker

logger = logging.getLogger("vasite.event")
# Seconds for which a process that has connections enough lets another come first: without it one
# of two took all sixteen of a proxy that keeps them, and half the processor was idle.
COURTESY = 0.0003
PATIENCE = 20  # seconds for a request's head, and for each portion of a body or a response
MIN_BYTES_PER_SECOND = 4096
PORTION = PATIENCE * MIN_BYTES_PER_SECOND
FIRST_SECONDS = 8  # for a first request of somebody who connected right before a stop
LINGER_SECONDS = 2  # for a client to take the last response before its connection is closed
LOOK_SECONDS = 1
READ_BYTES = 262_144
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is still unsent is thrown away
READING = {"GET", "HEAD", "OPTIONS"}
NOBODY_TAKEN = (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSALS = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    errors.UnsupportedTransferCoding: (501, "Not Implemented"),
    errors.ExpectationFailed: (417, "Expectation Failed"),
}


class State(Enum):
    """What happens on a connection."""

    ARRIVING = auto()  # the loop waits for a request, or for its rest
    WORKING = auto()  # a thread has it
    LEAVING = auto()  # the loop sends a response, or its rest
    CLOSING = auto()  # the last response is sent; the client may still be reading it


class Connection:
    """A client's connection, the request that arrives on it, and the response that leaves."""

    def __init__(self, sock: socket.socket, client: Any, server: Any, copies: Holdings) -> None:
        self.sock, self.client, self.server, self.copies = sock, client, server, copies
        self.state = State.ARRIVING
        self.events = 0  # for which the loop watches it
        self.received = bytearray()  # what belongs to no request yet
        self.searched = 0  # bytes of that in which no head ends
        self.is_kept = False  # for another request after this response
        self.request: RequestBuffer | None = None
        self.response = self.new_response()
        self.arrived_at = 0.0
        self.ends_at = 0.0  # unless something comes or goes, by time.monotonic()
        self.moved = 0  # bytes of the present portion

    def new_response(self) -> ResponseBuffer:
        return ResponseBuffer(self.copies, self.network)

    def network(self) -> str:
        return network_of(self.request.head if self.request else b"", self)

    def give_time(self, seconds: float = PATIENCE) -> None:
        self.ends_at, self.moved = time.monotonic() + seconds, 0

    def note_moved(self, size: int) -> None:
        """Give another PATIENCE for the next portion once this one is through."""
        self.moved += size
        if self.moved >= PORTION:
            self.give_time()

    def forget_request(self) -> None:
        if self.request:
            self.request.close()
            self.request = None

    def close(self) -> None:
        self.forget_request()
        self.response.close()
        self.sock.close()


class PatientWorker(ThreadWorker):
    """Reads and sends for all connections in one loop; its threads only work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.idle: set[Connection] = set()  # kept for another request
        self.slow: set[Connection] = set()  # arriving, leaving or closing
        self.looked_at = 0.0
        self.holdings = Holdings()  # of the bodies of requests
        self.copies = Holdings()  # of files that lie on the disk for one reader

    def run(self) -> None:
        if is_to_work(self.app):
            from vasite.serving.background import BackgroundWorker  # whose models need the apps

            for listener in self.sockets:  # or the port would be taken until its task is done
                listener.close()
            BackgroundWorker(self.tell_master).run()
            return
        self.finished = getattr(self.wsgi, "finished", None)
        self.tpool = started_threads(self.cfg.threads, "finished")
        self.readers = started_threads(self.cfg.threads - 1, "reader")
        self.writers = started_threads(self.cfg.threads - 1, "writer")
        if apps.ready:  # as they aren't for the bare function of the bench
            threading.Thread(target=watch_worker, args=[threading.Event()], daemon=True).start()
        super().run()

    def tell_master(self) -> None:
        self.notify()
        if not self.is_parent_alive():
            os.kill(os.getpid(), signal.SIGTERM)

    # In the loop

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns - len(self.slow) >= self.cfg.threads:
            time.sleep(COURTESY)
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NOBODY_TAKEN:
                return
            raise
        client.setblocking(False)
        self.nr_conns += 1
        conn = Connection(client, address, listener.getsockname(), self.copies)
        conn.give_time()
        self.slow.add(conn)
        self.watch(conn, selectors.EVENT_READ)
        self.receive(conn)  # most have said what they want: one turn of the loop less

    def watch(self, conn: Connection, events: int) -> None:
        if events == conn.events:
            return
        if not conn.events:
            self.poller.register(conn.sock, events, partial(self.on_event, conn))
        elif not events:
            self.poller.unregister(conn.sock)
        else:
            self.poller.modify(conn.sock, events, partial(self.on_event, conn))
        conn.events = events

    def on_event(self, conn: Connection, client: socket.socket) -> None:
        if not conn.events:
            return  # what was seen beside this event has ended the watch: it may be dropped
        if conn.state is State.ARRIVING:
            self.receive(conn)
        elif conn.state is State.WORKING:  # it says more, or is gone: that has to wait
            self.watch(conn, 0)
        elif conn.state is State.LEAVING:
            self.send(conn)
        else:
            self.discard(conn)

    def receive(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(conn)
            return
        if conn in self.idle:
            self.idle.discard(conn)
            self.slow.add(conn)
            conn.give_time()
        self.take(conn, data)

    def take(self, conn: Connection, data: bytes) -> None:
        """Put what has come to its request, which gets a thread when it is whole."""
        if conn.request is None:
            conn.received += data
            end = conn.received.find(END_OF_HEAD, max(0, conn.searched - len(END_OF_HEAD) + 1))
            conn.searched = len(conn.received) if end < 0 else end
            if conn.searched > MAX_HEAD_BYTES:
                self.refuse(conn, 431, "Request Header Fields Too Large")
                return
            if end < 0:
                return
            end += len(END_OF_HEAD)
            head, data = bytes(conn.received[:end]), bytes(conn.received[end:])
            conn.received.clear()
            conn.searched = 0
            conn.request = RequestBuffer(head, self.holdings, partial(network_of, head, conn))
            conn.give_time()
            if conn.request.is_waiting_for_continue and not data:
                with suppress(OSError):  # it is gone: the next event tells
                    conn.sock.send(CONTINUE)
        conn.note_moved(len(data))
        try:
            conn.received += conn.request.add(data)
        except TooManyBytesError:
            self.refuse(conn, 503, "Service Unavailable")
            return
        if conn.request.is_whole:
            self.slow.discard(conn)
            conn.state = State.WORKING
            conn.arrived_at = time.monotonic()
            submit(self.tpool, self.begin, conn)

    def refuse(self, conn: Connection, status: int, reason: str) -> None:
        """Answer without a thread, and hang up."""
        conn.response.sendall(error_response(status, reason))
        self.leave(conn, is_kept=False)

    def leave(self, conn: Connection, *, is_kept: bool) -> None:
        """Send the rest of a response, or go on to what comes after it."""
        conn.forget_request()
        conn.is_kept = is_kept
        conn.state = State.LEAVING
        conn.give_time()
        self.slow.add(conn)
        self.send(conn)

    def send(self, conn: Connection) -> None:
        try:
            conn.note_moved(conn.response.send_to(conn.sock))
        except OSError:
            self.drop(conn)
            return
        if conn.response.parts:
            self.watch(conn, selectors.EVENT_WRITE)
        elif conn.is_kept:
            self.await_next(conn)
        else:
            self.close_gracefully(conn)

    def await_next(self, conn: Connection) -> None:
        conn.response.close()
        conn.response = conn.new_response()
        conn.state = State.ARRIVING
        self.watch(conn, selectors.EVENT_READ)
        if conn.received:  # it didn't wait for the response before it sent the next request
            conn.give_time()
            self.take(conn, b"")
        else:
            self.slow.discard(conn)
            self.idle.add(conn)
            conn.give_time(self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)

    def close_gracefully(self, conn: Connection) -> None:
        """Close one side, and the other once the client has taken all (RFC 9112, 9.6): to close
        both while something of the request is unread would throw the response away."""
        conn.state = State.CLOSING
        conn.give_time(LINGER_SECONDS)
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
        else:
            self.watch(conn, selectors.EVENT_READ)

    def discard(self, conn: Connection) -> None:
        try:
            is_gone = not conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_gone = True
        if is_gone:
            self.drop(conn)

    def drop(self, conn: Connection) -> None:
        self.idle.discard(conn)
        self.slow.discard(conn)
        self.watch(conn, 0)
        self.nr_conns -= 1
        conn.close()

    def hang_up(self, conn: Connection) -> None:
        """End a connection at once, with what the system still holds of it."""
        with suppress(OSError):
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.drop(conn)

    def murder_pending(self) -> None:
        """Hang up on whoever is too slow, a second later at most."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS and self.alive:
            return
        self.looked_at = now
        for conn in [conn for conn in self.slow if conn.ends_at < now]:
            if conn.state is State.CLOSING:  # the system sends the rest, as slowly as it is taken
                self.drop(conn)
            else:
                self.hang_up(conn)
        for conn in [conn for conn in self.idle if conn.ends_at < now]:
            self.drop(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        if force:
            for conn in [*self.idle, *self.slow]:
                self.drop(conn)
            for pool in (self.readers, self.writers):
                pool.shutdown(wait=False, cancel_futures=True)

    def _cap_keepalive(self, deadline: float) -> None:
        """Wait no longer than that for a next request while the process is being stopped.

        Who has only just connected is given longer: a first request that is not answered is not
        sent again by browsers.
        """
        for conn in self.idle:
            conn.ends_at = min(conn.ends_at, deadline)
        for conn in self.slow:
            if conn.state is State.ARRIVING and conn.request is None:
                conn.ends_at = min(conn.ends_at, deadline + FIRST_SECONDS)

    # In the threads

    def begin(self, conn: Connection) -> None:
        """Answer with a finished page, or hand the request on to a thread that may wait."""
        arrived: Any = conn.request
        try:
            request = Request(self.cfg, IterUnreader([arrived.head]), conn.client)
            request._expected_100_continue = False  # the loop has said it
            reader = request.body.reader
            # What ends elsewhere for gunicorn than for the loop must not become a next request
            is_clear = isinstance(reader, LengthReader) and reader.length == arrived.length
            if arrived.is_last or not is_clear or not self.may_keep():
                request.force_close()
            response, environ = create(request, conn.response, conn.client, conn.server, self.cfg)
            arrived.body.seek(0)
            environ |= {
                "wsgi.multithread": True,
                "wsgi.input": arrived.body,
                ARRIVED_AT: conn.arrived_at,
            }
            page = self.finished and self.finished(environ, response.start_response)
            if page is not None:
                self.write(conn, response, page)
                return
            pool = self.readers if request.method in READING else self.writers
        except Exception as error:
            self.answer_error(conn, error)
        else:
            submit(pool, self.respond, conn, response, environ)

    def may_keep(self) -> bool:
        """Count a request; return whether its connection may be kept for the next."""
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        return self.alive and self.nr_conns < self.max_keepalived

    def respond(self, conn: Connection, response: Response, environ: dict[str, Any]) -> None:
        with request_id_for(environ):
            try:
                self.write(conn, response, self.wsgi(environ, response.start_response))
            except Exception as error:
                self.answer_error(conn, error)

    def write(self, conn: Connection, response: Response, body: Iterable[bytes]) -> None:
        try:
            if isinstance(body, FileWrapper):
                response.write_file(body)
            else:
                for part in body:
                    response.write(part)
                    conn.response.move_to_disk()
            response.close()
        finally:
            if hasattr(body, "close"):
                body.close()
        self.finish(conn, is_kept=not response.should_close())

    def answer_error(self, conn: Connection, error: Exception) -> None:
        """Answer what gunicorn can't read, or what the application has raised.

        gunicorn's own way logs the client's IP address, the path, and what was sent.
        """
        with request_id_for({}):
            if isinstance(error, errors.ParseException):
                status, reason = REFUSALS.get(type(error), (400, "Bad Request"))
                logger.warning("A request was refused: %s", type(error).__name__)
            elif isinstance(error, TooManyBytesError):
                status, reason = 503, "Service Unavailable"
                logger.warning("A file was refused: too many are being read slowly")
            else:
                status, reason = 500, "Internal Server Error"
                logger.error("A request was not answered", exc_info=error)
            conn.response.close()
            conn.response = conn.new_response()
            conn.response.sendall(error_response(status, reason))
        self.finish(conn, is_kept=False)

    def finish(self, conn: Connection, *, is_kept: bool) -> None:
        """Send what can be sent at once, and leave the rest to the loop."""
        with suppress(OSError):  # the client is gone: the loop will find out
            conn.response.send_to(conn.sock)
        self.method_queue.defer(partial(self.leave, conn, is_kept=is_kept))


def started_threads(count: int, name: str) -> ThreadPoolExecutor:
    """Return threads that are all there at once: when memory or the number of threads is short,
    one that can't be started later would leave its visitor without any answer."""
    pool = ThreadPoolExecutor(count, name)
    everybody = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(everybody.wait)
    everybody.wait()
    return pool


def submit(pool: ThreadPoolExecutor, work: Callable[..., None], *arguments: Any) -> None:
    """Have a thread do some work; a process that can't even answer with an error is ended."""
    pool.submit(work, *arguments).add_done_callback(end_if_failed)


def end_if_failed(work: Future[None]) -> None:
    """End the process at once, out of memory as it is: gunicorn starts another, and whoever waits
    for a response sees the connection close and can try again."""
    if not work.cancelled() and work.exception():
        os.kill(os.getpid(), signal.SIGKILL)


def error_response(status: int, reason: str) -> bytes:
    """Return a response that quotes nothing of the request but its id."""
    with request_id_for({}) as request_id:
        body = f"<!doctype html><title>{reason}</title><h1>{reason}</h1>"
        body += f"<p><small>Reference: {request_id}</small></p>"
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nCache-Control: no-store\r\n"
    head += f"{HEADER}: {request_id}\r\n"
    head += f"Content-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"{head}{body}".encode()


def network_of(head: bytes, conn: Connection) -> str:
    """Return the network that a request comes from: with https, what the proxy in front says."""
    forwarded = FORWARDED_FOR.findall(head) if settings.IS_HTTPS else []
    if forwarded:
        return network_of_address(forwarded[-1].decode("latin-1").rpartition(",")[2].strip())
    return network_of_address(conn.client[0] if isinstance(conn.client, tuple) else "")


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
