"""How gunicorn serves the site: its own configuration file."""

import ctypes
import gc
import os
import resource
import signal
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections
from django.template.loader import get_template
from django.urls import resolve

from vasite.environment import PROJECT_DIR

PR_SET_PDEATHSIG = 1

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
graceful_timeout = 20  # while a new version answers; a stop takes GRACE_SECONDS at most
keepalive = 5
max_requests = 2_000_000  # a finished page counts as well, thousands a second
max_requests_jitter = 200_000
forwarder_headers = ""  # or a header named SCRIPT_NAME would move the site for whoever sends it
worker_tmp_dir = str(settings.DATA_DIR / "tmp")
control_socket_disable = True  # would be written to the home folder
loglevel = "warning"
# gunicorn's errors go through the site's handler, which masks addresses and tokens
errorlog = None
logging: dict[str, Any] = settings.LOGGING
loggers: dict[str, Any] = logging["loggers"] | {"gunicorn.error": {"propagate": True}}
logconfig_dict = logging | {"loggers": loggers}


def on_starting(server: object) -> None:
    """Lets each process have as many connections as the system allows. One that has a supervisor
    ends with it, even if that is killed: nothing else would stop it."""
    if os.environ.get("VASITE_SUPERVISOR") == str(os.getppid()):
        end_with_parent()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))


def end_with_parent() -> None:
    """Ask the system for SIGTERM when the parent process ends: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.environ["VASITE_SUPERVISOR"] != str(os.getppid()):  # it has ended meanwhile
        os.kill(os.getpid(), signal.SIGTERM)


def when_ready(server: Any) -> None:
    """Loads what would be loaded later, and sets it aside before the processes are forked: those
    that serve, and the site's worker.

    So the processes share it, nobody's first visit waits for it, and one that runs while a new
    version is being installed never mixes the two. The garbage collector would go through all of
    it now and then, 70 ms of somebody's answer, and by that copy the memory that the processes
    share (docs.python.org/3/library/gc.html, freeze).
    """
    if apps.ready:  # as it isn't for the bare function of the bench
        import vasite.serving.background  # noqa: F401 - the worker's code, shared as well
        from vasite.serving.management.commands.serve import set_site_address
        from vasite.serving.schedule import periodic_tasks

        if "VASITE_SUPERVISOR" in os.environ:
            with suppress(DatabaseError):  # a visit's to tell
                set_site_address()
            connections.close_all()
        for path in (PROJECT_DIR / "templates").rglob("*.html"):
            get_template(path.relative_to(PROJECT_DIR / "templates").as_posix())
        resolve("/admin/")
        periodic_tasks()
        server.app.worker_lock = os.memfd_create("worker_lock")
        server.num_workers += 1
    gc.collect()
    gc.freeze()
