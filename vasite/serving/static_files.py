"""Gathers style sheets, fonts and scripts where they are served from, beside those of before.

Pages that visitors have open, and a version that still answers beside this one, ask for the files
of before: each is put in its place whole, and deleted a month after its last version at the
earliest.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.files.storage import storages
from django.core.management import call_command

from vasite.environment import PROJECT_DIR
from vasite.pagecache.files import write_whole

KEPT_SECONDS = 30 * 86_400


def are_collected() -> bool:
    return stamp().exists() and stamp().read_text() == fingerprint()


def collect() -> None:
    last = names_in_use()
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR / "tmp") as folder:
        command = Command()
        options = {"OPTIONS": {"location": folder}}
        command.storage = storages.create_storage(settings.STORAGES["staticfiles"] | options)
        call_command(command, interactive=False, verbosity=0)
        # The manifest last: what it names is there then
        for path in sorted(files_in(Path(folder)), key=lambda path: path.suffix == ".json"):
            place = settings.STATIC_ROOT / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    if isinstance(staticfiles_storage, ManifestFilesMixin):  # what this process has read of it
        staticfiles_storage.hashed_files, _ = staticfiles_storage.load_manifest()
    forget_unused(last | names_in_use())
    os.sync()  # the stamp vouches for all of them
    write_whole(stamp(), fingerprint().encode())


def forget_unused(in_use: set[str]) -> None:
    now = time.time()
    for path in files_in(settings.STATIC_ROOT):
        name = path.relative_to(settings.STATIC_ROOT).as_posix()
        if name.removesuffix(".gz").removesuffix(".br") in in_use:
            os.utime(path)
        elif now - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def names_in_use() -> set[str]:
    """Gives the names with which the files are served that were collected last."""
    storage = storages.create_storage(settings.STORAGES["staticfiles"])
    return set(getattr(storage, "hashed_files", {}).values())


def stamp() -> Path:
    return settings.STATIC_ROOT / ".collected"


def fingerprint() -> str:
    """Gives a hash that changes with the project's static files and its packages."""
    lock = (PROJECT_DIR / "requirements" / "base.txt").read_bytes()
    digest = hashlib.sha256(lock)
    for folder in settings.STATICFILES_DIRS:
        name = folder[1] if isinstance(folder, tuple) else folder
        for path in sorted(files_in(Path(str(name)))):
            digest.update(f"{path}{path.stat().st_size}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
