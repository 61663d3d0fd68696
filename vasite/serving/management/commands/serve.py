"""`make run`: prepares the site, then becomes the supervisor of its web server."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.crypto import get_random_string
from django_redis import get_redis_connection
from redis.exceptions import RedisError
from wagtail.models import Site

from vasite.environment import PROJECT_DIR
from vasite.pagecache.files import write_whole
from vasite.pagecache.layer import Answer
from vasite.pagecache.watching import change_everything, front
from vasite.serving import static_files
from vasite.serving.data_dir import is_locked, make_private, take_lock
from vasite.serving.errors import is_passing
from vasite.serving.supervisor import LOOK_SECONDS, RENEWED_SECONDS

SUPERVISOR_SOCKET = settings.DATA_DIR / "supervisor"
SYSTEMD_SOCKET = 3  # SD_LISTEN_FDS_START
# What PostgreSQL says in English of an address that no later start mends: psycopg gives no code
WRONG_ADDRESS = re.compile(
    r'FATAL: .*(password authentication failed|(role|database) "[^"]*" does not exist)'
    r"|^invalid dsn|\binvalid \w+ value\b"
)
# What libraries raise over a parameter in an address, before they ask any server
UNKNOWN_PARAMETER = (ImproperlyConfigured, TypeError, ValueError)
WRONG_PARAMETER = "{0} is not valid ({1}). Mend what stands behind the ? in {0}, or leave it out."


class Command(BaseCommand):
    help = "Prepares the site, then serves it with gunicorn, one of whose processes is the worker."
    requires_system_checks = ["database", "models"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="standard pages, no demo content")
        parser.add_argument("--prepare-only", action="store_true", help="prepare, don't serve")

    def handle(self, *args: Any, empty: bool, prepare_only: bool, **options: Any) -> None:
        try:
            self.serve(empty, prepare_only)
        except Exception as error:
            if is_of_statement(error) or not is_passing(error):
                raise
            reason = " ".join(str(error).split())
            raise CommandError(
                f"The site can't be prepared: {reason}. See that the database answers and that "
                f"the disk of DATA_DIR {settings.DATA_DIR} has room.",
                returncode=os.EX_TEMPFAIL,
            ) from error

    def serve(self, empty: bool, prepare_only: bool) -> None:
        make_private()
        lock = None if prepare_only else only_lock()
        listener = None if prepare_only else listening_socket()
        self.check_database()
        self.check_cache()
        self.migrate()
        self.collect_static_files()
        self.forget_pages_of_last_boot()
        self.fill(is_empty=empty)
        if lock or not is_locked():  # else it is set by what runs here, as it has been started
            set_site_address()
        if settings.PAGE_FILES:
            self.tell_front()
        password = self.make_first_user()
        if not settings.IS_LOCAL:
            others = ", ".join(settings.OTHER_HOSTS)
            self.tell(f"Names: {settings.SITE_HOST} (also {others}); any other is refused with 400")
        self.tell(f"Admin: {settings.SITE_URL}/admin/")
        if password:
            username = settings.DJANGO_SUPERUSER["username"]
            self.tell(f"User: {username}   Password: {password}")
            self.tell("Keep the password: it is shown this once (`make password` sets a new one).")
            if not settings.DJANGO_SUPERUSER["email"]:
                self.tell("Add your email address to your account in the admin: with it you can")
                self.tell("have a link sent if you forget your password.")
        if listener and lock:
            connection.close()
            become_supervisor(listener, lock)

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def check_database(self) -> None:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            if connection.vendor == "sqlite":
                raise CommandError(
                    f"The database {connection.settings_dict['NAME']} can't be opened ({error}). "
                    "See that its disk has room and that this user may write to it, or set "
                    "DATABASE_URL to another file.",
                    returncode=os.EX_TEMPFAIL,
                ) from None
            reason = " ".join(str(error).split())
            raise CommandError(
                f"DATABASE_URL: the database can't be reached ({reason}). Start it, or mend the "
                "address, user, password and name in DATABASE_URL.",
                returncode=1 if WRONG_ADDRESS.search(reason) else os.EX_TEMPFAIL,
            ) from None
        except UNKNOWN_PARAMETER as error:
            raise CommandError(WRONG_PARAMETER.format("DATABASE_URL", error)) from None

    def check_cache(self) -> None:
        try:
            if settings.CACHES["default"]["LOCATION"].startswith("redis"):
                get_redis_connection().ping()
            else:
                cache.set("started", True, 1)
        except (RedisError, OSError):
            raise CommandError(
                "CACHE_URL: the cache can't be used. Start its server or give its folder to this "
                "user, mend the address and password in CACHE_URL, or leave CACHE_URL out.",
                returncode=os.EX_TEMPFAIL,
            ) from None
        except UNKNOWN_PARAMETER as error:
            raise CommandError(WRONG_PARAMETER.format("CACHE_URL", error)) from None

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.tell("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def collect_static_files(self) -> None:
        if not static_files.are_collected():
            self.tell("Collecting style sheets, fonts and scripts …")
            static_files.collect()

    def forget_pages_of_last_boot(self) -> None:
        """Finished pages outlive a restart, but a power cut may have lost what changed them.

        Those that lie in front are laid out again by themselves."""
        front().take_away()
        stamp = settings.PAGE_CACHE_DIR / ".boot"
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        if not stamp.exists() or stamp.read_text() != boot:
            change_everything()
            write_whole(stamp, boot.encode())

    def fill(self, is_empty: bool) -> None:
        if (
            not Site.objects.filter(root_page__depth=2)
            .exclude(root_page__content_type__model="page")
            .exists()
        ):
            self.tell("Writing the standard pages …" if is_empty else "Writing demo content …")
            call_command("demo", empty=is_empty, verbosity=0)

    def tell_front(self) -> None:
        """Writes for nginx which headers go out with the pages that it finds as files."""
        environ: dict[str, Any] = {"HTTP_HOST": urlsplit(settings.SITE_URL).netloc}
        environ["HTTP_X_FORWARDED_PROTO"] = urlsplit(settings.SITE_URL).scheme
        setup_testing_defaults(environ)
        if front().write_headers(Answer(get_wsgi_application(), environ).headers):
            self.tell("New headers for nginx are in DATA_DIR: reload it.")

    def make_first_user(self) -> str:
        """Makes the administrator if there is none; gives the password if it was made here."""
        user_model = get_user_model()
        if user_model.objects.filter(is_superuser=True).exists():
            return ""
        credentials = dict(settings.DJANGO_SUPERUSER)
        made = "" if credentials["password"] else get_random_string(16)
        credentials["password"] = credentials["password"] or made
        user_model.objects.create_superuser(**credentials)
        return made


def set_site_address() -> None:
    """Writes SITE_URL into Wagtail's own record of the site."""
    site = Site.objects.get(is_default_site=True)
    port = settings.PORT if settings.IS_LOCAL else (443 if settings.IS_HTTPS else 80)
    if (site.hostname, site.port) != (settings.SITE_HOST, port):
        site.hostname, site.port = settings.SITE_HOST, port
        site.save()


def only_lock() -> int:
    """Return the lock of this DATA_DIR. Raise CommandError if another site runs from it."""
    lock = take_lock()
    if lock is None:
        raise CommandError(
            f"DATA_DIR {settings.DATA_DIR}: a site already runs from it. Stop that one first, or "
            "set DATA_DIR to another folder."
        )
    return lock


def listening_socket() -> socket.socket:
    """Gives the socket that systemd has passed on (sd_listen_fds(3)), or a new one on HOST and
    PORT. It is inherited by what this process becomes."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        return socket.socket(fileno=SYSTEMD_SOCKET)
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    error = bind_error(listener)
    # A supervisor that was killed leaves its socket, and a web server that finishes what it does
    if error and SUPERVISOR_SOCKET.exists():
        print("Waiting for the web server of the last start to end …", flush=True)
        deadline = time.monotonic() + RENEWED_SECONDS + 5
        while (error := bind_error(listener)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    if error:
        raise CommandError(
            f"PORT {settings.PORT} on HOST {settings.HOST} can't be used "
            f"({error.strerror}). Stop what uses it or choose another: "
            "PORT=8001 make run"
        )
    listener.set_inheritable(True)
    return listener


def bind_error(listener: socket.socket) -> OSError | None:
    try:
        listener.bind((settings.HOST, settings.PORT))
    except OSError as error:
        return error
    return None


def become_supervisor(listener: socket.socket, lock: int) -> None:
    """Replaces this process, so that Django's memory is given back. The supervisor holds the lock
    for as long as it lives, and passes it on to nobody."""
    os.set_inheritable(lock, True)
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    address = [everywhere.get(settings.HOST, settings.HOST), str(settings.PORT)]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "vasite.settings",
        "TMPDIR": str(settings.DATA_DIR / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    os.chdir(PROJECT_DIR)
    supervisor = [sys.executable, "-m", "vasite.serving.supervisor"]
    places = [*address, settings.SITE_URL, str(SUPERVISOR_SOCKET)]
    os.execv(sys.executable, [*supervisor, *places, str(listener.fileno())])


def is_of_statement(error: Exception) -> bool:
    """Return whether SQLite refused a statement as such, as no later start can mend: a migration of
    a table that is not as it should be."""
    code = getattr(error.__cause__, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code == sqlite3.SQLITE_ERROR
