"""`make run`: prepares the site, then becomes the supervisor of web server and worker."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.crypto import get_random_string
from django_redis import get_redis_connection
from redis.exceptions import RedisError
from wagtail.models import Site

from vasite.environment import PROJECT_DIR
from vasite.pagecache.watching import change_everything


class Command(BaseCommand):
    help = "Prepares the site, then serves it with gunicorn beside one worker."
    requires_system_checks = ["database", "models"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="standard pages, no demo content")
        parser.add_argument("--prepare-only", action="store_true", help="prepare, don't serve")

    def handle(self, *args: Any, empty: bool, prepare_only: bool, **options: Any) -> None:
        self.check_port()
        self.check_database()
        self.check_cache()
        self.migrate()
        self.collect_static_files()
        self.forget_pages_of_other_code()
        self.fill(is_empty=empty)
        set_site_address()
        password = self.make_first_user()
        self.tell(f"Admin: {settings.SITE_URL}/admin/")
        if password:
            username = settings.DJANGO_SUPERUSER["username"]
            self.tell(f"User: {username}   Password: {password}")
            self.tell("Keep the password: it is shown this once (`make password` sets a new one).")
        if not prepare_only:
            connection.close()
            become_supervisor()

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def check_port(self) -> None:
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"PORT {settings.PORT} on HOST {settings.HOST} can't be used "
                    f"({error.strerror}). Stop what uses it or choose another: "
                    "PORT=8001 make run"
                ) from None

    def check_database(self) -> None:
        try:
            connection.ensure_connection()
        except DatabaseError:
            raise CommandError(
                "DATABASE_URL: the database can't be reached. Start it, or mend the address, "
                "user and password in DATABASE_URL."
            ) from None

    def check_cache(self) -> None:
        if not settings.CACHES["default"]["LOCATION"].startswith("redis"):
            return
        try:
            get_redis_connection().ping()
        except RedisError:
            raise CommandError(
                "CACHE_URL: the cache server can't be reached. Start it, mend the address and "
                "password in CACHE_URL, or leave CACHE_URL out."
            ) from None

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.tell("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def collect_static_files(self) -> None:
        stamp = settings.DATA_DIR / "static" / ".collected"
        fingerprint = static_fingerprint()
        if not stamp.exists() or stamp.read_text() != fingerprint:
            self.tell("Collecting style sheets, fonts and scripts …")
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(fingerprint)

    def forget_pages_of_other_code(self) -> None:
        """Finished pages outlive a restart, but not another version or another database."""
        stamp = settings.PAGE_CACHE_DIR / ".made-by"
        fingerprint = code_fingerprint()
        if not stamp.exists() or stamp.read_text() != fingerprint:
            change_everything()
            stamp.write_text(fingerprint)

    def fill(self, is_empty: bool) -> None:
        if (
            not Site.objects.filter(root_page__depth=2)
            .exclude(root_page__content_type__model="page")
            .exists()
        ):
            self.tell("Writing the standard pages …" if is_empty else "Writing demo content …")
            call_command("demo", empty=is_empty, verbosity=0)

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


def static_fingerprint() -> str:
    """Gives a hash that changes with the project's static files and its packages."""
    lock = (PROJECT_DIR / "requirements" / "base.txt").read_bytes()
    digest = hashlib.sha256(lock)
    for folder in settings.STATICFILES_DIRS:
        name = folder[1] if isinstance(folder, tuple) else folder
        for path in sorted(Path(str(name)).rglob("*")):
            if path.is_file():
                digest.update(f"{path}{path.stat().st_size}".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def code_fingerprint() -> str:
    """Gives a hash that changes with what pages are made by: code, templates, packages, settings
    from outside, the database."""
    folders = ("vasite", "services", "blog", "contact", "newsletter", "templates", "static")
    files = (path for folder in folders for path in (PROJECT_DIR / folder).rglob("*.*"))
    facts = [
        f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in sorted(files)
        if path.suffix in {".py", ".html", ".css", ".js"}
    ]
    database = settings.DATABASES["default"]
    place = [str(database.get(name)) for name in ("HOST", "PORT", "NAME")]
    if Path(place[-1]).is_file():
        place.append(str(Path(place[-1]).stat().st_ino))
    lock = (PROJECT_DIR / "requirements" / "base.txt").read_text()
    return hashlib.sha256("\n".join([*facts, *place, settings.SITE_URL, lock]).encode()).hexdigest()


def become_supervisor() -> None:
    """Replaces this process, so that Django's memory is given back."""
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    reachable = host.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")  # noqa: S104
    address = f"http://{reachable}:{settings.PORT}"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "vasite.settings",
        "TMPDIR": str(settings.DATA_DIR / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    os.chdir(PROJECT_DIR)
    supervisor = [sys.executable, "-m", "vasite.serving.supervisor"]
    os.execv(sys.executable, [*supervisor, address, settings.SITE_URL, str(PROJECT_DIR)])
