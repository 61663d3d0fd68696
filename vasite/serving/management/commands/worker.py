"""A worker of its own, beside the one that the web server keeps or on another machine."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from vasite.serving.background import BackgroundWorker
from vasite.serving.data_dir import narrow_umask
from vasite.serving.supervisor import notify


class Command(BaseCommand):
    help = "Runs background tasks: mail, pictures, scheduled publishing."
    requires_system_checks = []  # `serve` makes them; 30 MB of addresses and views would stay

    def handle(self, *args: Any, **options: Any) -> None:
        narrow_umask()
        worker = BackgroundWorker(partial(notify, "WATCHDOG=1"))
        worker.run()
        if not worker.stopping.is_set():  # it has grown: it becomes a new process
            connections.close_all()
            os.execv(sys.executable, [sys.executable, *sys.argv])
