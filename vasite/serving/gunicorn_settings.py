"""How gunicorn serves the site: its own configuration file."""

import gc
import os
import resource
from typing import Any

from django.apps import apps
from django.conf import settings
from django.template.loader import get_template
from django.urls import resolve

from vasite.environment import PROJECT_DIR

bind = (
    f"[{settings.HOST}]:{settings.PORT}"
    if ":" in settings.HOST
    else (f"{settings.HOST}:{settings.PORT}")
)
workers = settings.WEB_CONCURRENCY
worker_class = "vasite.serving.patient_worker.PatientWorker"
threads = 4
worker_connections = 20_000  # most of them idle
backlog = 4096
preload_app = True  # the processes share the code's memory and start at once
timeout = 8  # seconds without a sign of life, after which a process is replaced
graceful_timeout = 4
keepalive = 5
max_requests = 2_000_000  # a finished page counts as well, thousands a second
max_requests_jitter = 200_000
worker_tmp_dir = str(settings.DATA_DIR / "tmp")
control_socket_disable = True  # would be written to the home folder
loglevel = "warning"


def on_starting(server: object) -> None:
    """Lets each process have as many connections as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))


def when_ready(server: Any) -> None:
    """Loads what would be loaded later, and sets it aside before the processes are forked: those
    that serve, and the site's worker.

    So the processes share it, nobody's first visit waits for it, and one that runs while a new
    version is being installed never mixes the two. The garbage collector would go through all of
    it now and then, 70 ms of somebody's answer, and by that copy the memory that the processes
    share (docs.python.org/3/library/gc.html, freeze).
    """
    if apps.ready:  # as it isn't for the bare function of the bench
        from vasite.serving.background import periodic_tasks

        for path in (PROJECT_DIR / "templates").rglob("*.html"):
            get_template(path.relative_to(PROJECT_DIR / "templates").as_posix())
        resolve("/admin/")
        periodic_tasks()
        server.app.worker_lock = os.memfd_create("worker_lock")
        server.num_workers += 1
    gc.collect()
    gc.freeze()
