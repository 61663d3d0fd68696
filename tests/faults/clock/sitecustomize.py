"""Lets a test move the clock of a running process: CLOCK_FILE holds the seconds to add."""

import os
import threading
import time
from pathlib import Path

import time_machine

FILE = Path(os.environ["CLOCK_FILE"])
monotonic, real_time = time.monotonic, time.time


def follow() -> None:
    offset, travel = 0.0, None
    while True:
        wanted = float(FILE.read_text() or 0)
        if wanted != offset:
            if travel:
                travel.stop()
            offset, travel = wanted, None
            if offset:
                travel = time_machine.travel(real_time() + offset)
                travel.start()
        threading.Event().wait(0.1)


threading.Thread(target=follow, daemon=True).start()
os.register_at_fork(after_in_child=lambda: threading.Thread(target=follow, daemon=True).start())
