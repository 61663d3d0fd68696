"""A backup: one archive with the database as it is at one moment, uploads and the secret key."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from vasite.home.models import Trouble
from vasite.home.troubles import note
from vasite.serving.media import DRAFTS, flush

FILES = ("secret_key", "media", "private")  # in DATA_DIR; a bucket keeps its own
DRAFT = ".draft-"
KILLED_AFTER = 12 * 3600  # seconds


class Command(BaseCommand):
    help = "Writes a backup of the running site into a folder, and deletes the oldest of many."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, default=7, help="how many backups (default: 7)")

    def handle(self, *args: Any, folder: Path, keep: int, **options: Any) -> None:
        os.umask(0o077)
        if keep < 1:
            raise CommandError("--keep: at least 1.")
        try:
            archive = self.back_up(folder, keep)
        except CommandError as error:
            with suppress(DatabaseError):
                note(Trouble.Kind.BACKUP, str(error))
            raise
        with suppress(DatabaseError):
            note(Trouble.Kind.BACKUP, "")
        self.stdout.write(f"{archive} ({archive.stat().st_size / 1_000_000:.1f} MB)")

    def back_up(self, folder: Path, keep: int) -> Path:
        """Write a backup into a folder and delete the oldest of many. Return the new one."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            delete_drafts(folder)
            with tempfile.TemporaryDirectory(dir=folder, prefix=DRAFT) as draft:
                archive = folder / f"vasite-{timezone.now():%Y-%m-%dT%H%M%SZ}.tar.gz"
                write_archive(Path(draft)).rename(archive)
            flush(str(folder))  # before another is deleted
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"{folder}: no backup was written ({error}).") from None
        try:
            for old in by_age(folder, archive)[:-keep]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(
                f"{archive} was written, but no old one deleted ({error})."
            ) from None
        return archive


def delete_drafts(folder: Path) -> None:
    """Delete what killed backups left: people's data, which nobody would ever delete."""
    for draft in folder.glob(f"{DRAFT}*"):
        if draft.stat().st_mtime < time.time() - KILLED_AFTER:
            shutil.rmtree(draft)


def by_age(folder: Path, newest: Path) -> list[Path]:
    """Return the backups, the oldest first. One with a later name than the newest was made before
    the machine's clock was put back."""
    archives = folder.glob("vasite-*.tar.gz")
    return sorted(archives, key=lambda archive: (archive.name <= newest.name, archive.name))


def write_archive(draft: Path) -> Path:
    """Write an archive into a folder. Return its path."""
    database = copy_database(draft)
    archive = draft / "archive"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(database, database.name)  # first, so that no row names a file that came later
        for name in FILES:
            add(tar, name)
    flush(str(archive))
    return archive


def add(tar: tarfile.TarFile, name: str) -> None:
    """Add a file or folder of DATA_DIR to an archive, but for what is deleted meanwhile."""
    top = (settings.DATA_DIR / name).resolve()  # it may lie on another disk
    for path in all_below(top):
        with suppress(FileNotFoundError):
            tar.add(path, Path(name, path.relative_to(top)), recursive=False)


def all_below(top: Path) -> Iterator[Path]:
    """Yield a file, or a folder with all that is in it but files that are being written."""
    yield top
    for folder, folders, files in os.walk(top, onerror=refuse_unless_gone):
        yield from (
            Path(folder, name) for name in [*folders, *files] if not Path(name).match(DRAFTS)
        )


def refuse_unless_gone(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def copy_database(folder: Path) -> Path:
    """Copy the database into a folder, as it is at one moment. Return the copy's path."""
    if connection.vendor == "sqlite":
        copy = folder / "db.sqlite3"
        uri = Path(connection.settings_dict["NAME"]).resolve().as_uri()
        with (
            closing(sqlite3.connect(f"{uri}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return copy
    copy = folder / "db.dump"
    found = connection.get_connection_params()
    keys = ["host", "port", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey"]
    account = {f"PG{key.upper()}": str(found[key]) for key in keys if found.get(key)}
    command = ["pg_dump", "--format=custom", f"--file={copy}", found["dbname"]]
    try:
        subprocess.run(command, check=True, env=os.environ | account)
    except FileNotFoundError:
        raise CommandError("pg_dump is missing: apt install postgresql-client") from None
    except subprocess.CalledProcessError:
        raise CommandError("pg_dump failed; its error is above.") from None
    return copy
