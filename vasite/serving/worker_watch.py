"""A look at the worker from the web processes: whoever is dead can't say so."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

logger = logging.getLogger("vasite.event")


def watch_worker(stopping: threading.Event) -> None:
    """Call settings.WORKER_CHECK from time to time until told to stop. Runs in a thread."""
    check = import_string(settings.WORKER_CHECK)
    while not stopping.wait(settings.WORKER_CHECK_SECONDS):
        try:
            check()
        except Exception as error:  # the database's, mostly, whose faults are logged elsewhere
            logger.warning("The worker can't be looked at: %s", type(error).__name__)
        finally:
            connection.close()
