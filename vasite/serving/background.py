"""The worker: runs the tasks in the database and what is due by the clock."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker as TaskWorker
from django_tasks_db.models import DBTaskResult

from vasite.pagecache.purging import purge_if_changed
from vasite.serving.models import Worker
from vasite.serving.schedule import enqueue_due, periodic_tasks
from vasite.serving.tasks import resume_abandoned_tasks

logger = logging.getLogger("vasite.event")
NAME = "vasite-worker"  # of its process, as ps and top show it
NICENESS = 10
SIGN_OF_LIFE_SECONDS = 5
WATCHDOG_SECONDS = 1
POLL_SECONDS = 0.5
TRY_AGAIN_SECONDS = 5.0
SHORTEST_LIFE = 30  # seconds
MOST_GROWTH = 10 * 1024 * 1024  # bytes


class BackgroundWorker:
    """Takes a function that tells, each second, who watches this process that it isn't frozen,
    whatever the database does."""

    def __init__(self, tell_watcher: Callable[[], None]) -> None:
        self.tell_watcher = tell_watcher
        self.worker_id = f"{os.getpid()}-{get_random_string(12)}"
        self.stopping = threading.Event()
        self.tasks = TaskWorker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=POLL_SECONDS,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=1,  # by each run(): from the first on, it ends after a task (0.13)
            worker_id=self.worker_id,
        )

    def run(self) -> None:
        """Works until it is told to stop, or has grown: what large pictures leave lies between
        what is needed and can't be given back, so a new process takes its place."""
        # People who wait for a page come first; once, not again when the process starts anew
        os.nice(max(0, NICENESS - os.nice(0)))
        Path("/proc/self/comm").write_text(NAME)
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, self.stop)
        threading.Thread(target=self.give_signs_of_life, daemon=True).start()
        threading.Thread(target=self.say_it_is_not_frozen, daemon=True).start()
        if settings.PURGE:
            threading.Thread(target=self.purge_front, daemon=True).start()
        periodic_tasks()  # loaded now, so that their code isn't taken for growth
        started_at, memory = time.monotonic(), resident_bytes()
        while not self.stopping.is_set():
            pause = self.take_a_turn()
            is_young = time.monotonic() - started_at < SHORTEST_LIFE
            if resident_bytes() > memory + MOST_GROWTH and not is_young:
                return
            self.stopping.wait(pause)

    def take_a_turn(self) -> float:
        """Run what waits, for SLICE_SECONDS: what becomes due by the clock meanwhile is next.
        Return the seconds until the next turn."""
        try:
            resume_abandoned_tasks(self.worker_id)
            enqueue_due()
            until = time.monotonic() + settings.SLICE_SECONDS
            if not self.run_one():
                return POLL_SECONDS
            while time.monotonic() < until and self.run_one():
                pass
            give_memory_back()
        except DatabaseError as error:
            # Stopped, restarted or locked: it comes back, and so does the work.
            logger.warning("The worker waits for the database", exc_info=error)
            connection.close()
            return POLL_SECONDS
        except Exception:
            logger.exception("The worker goes on after an error")
            return TRY_AGAIN_SECONDS
        return 0

    def run_one(self) -> bool:
        """Run the waiting task that comes first; return whether there was one."""
        is_waiting = not self.stopping.is_set() and DBTaskResult.objects.ready().exists()
        if is_waiting:
            self.tasks.run()
        return is_waiting

    def stop(self, signal_number: int, frame: FrameType | None) -> None:
        """Finishes the task under way, then ends."""
        self.tasks.running = False
        self.stopping.set()

    def give_signs_of_life(self) -> None:
        while True:
            try:
                Worker.objects.update_or_create(
                    worker_id=self.worker_id, defaults={"seen_at": timezone.now()}
                )
            except DatabaseError:
                connection.close()
            close_old_connections()
            if self.stopping.wait(SIGN_OF_LIFE_SECONDS):
                return

    def say_it_is_not_frozen(self) -> None:
        while True:
            self.tell_watcher()
            time.sleep(WATCHDOG_SECONDS)

    def purge_front(self) -> None:
        pause = POLL_SECONDS
        while not self.stopping.wait(pause):
            try:
                purge_if_changed()
                pause = POLL_SECONDS
            except OSError as error:
                logger.warning("What is in front of the site can't be purged: %s", error)
                pause = TRY_AGAIN_SECONDS


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def give_memory_back() -> None:
    """Returns to the system what the last tasks took; glibc keeps it otherwise: malloc_trim(3)."""
    gc.collect()
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
