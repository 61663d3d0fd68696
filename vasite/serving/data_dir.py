"""DATA_DIR: who may read it, and which site runs from it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

# All that a server in front may have to read; the rest is for the site's user alone
PUBLIC = {"media", "pagecache", "pagecache/front", "static"}


def make_private() -> None:
    """Close DATA_DIR to other users, and what is in it and not public to the group as well.

    A group that the operator lets into the folder (mode 750) stays in: nginx reads what is public.
    """
    narrow_umask()
    database = settings.DATABASES["default"]
    files = []
    if database["ENGINE"].endswith("sqlite3"):
        files = [Path(f"{database['NAME']}{ending}") for ending in ("", "-wal", "-shm")]
        with suppress(OSError):  # the database's to tell
            files[0].touch(0o600)  # SQLite makes the others like this one
    mode = settings.DATA_DIR.stat().st_mode & 0o777
    close(settings.DATA_DIR, 0o077 if mode & 0o007 else 0o007)
    settings.PRIVATE_MEDIA_ROOT.mkdir(mode=0o700, exist_ok=True)  # or the first file would make it
    for path in [*settings.DATA_DIR.iterdir(), *settings.DATA_DIR.glob("pagecache/*")]:
        is_public = str(path.relative_to(settings.DATA_DIR)) in PUBLIC
        close(path, 0o007 if is_public else 0o077)
    for file in files:
        close(file, 0o077)


def narrow_umask() -> None:
    """Let the files of this process, and of those it starts, be nobody's but the group's."""
    os.umask(os.umask(0o077) | 0o027)


def close(path: Path, bits: int) -> None:
    """Take permission bits from a file or folder, if it is there and ours."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode & 0o777
        if mode & bits:
            path.chmod(mode & ~bits)


def take_lock() -> int | None:
    """Return the open file that holds the lock of the one site that runs from this DATA_DIR, or
    None if another process has it. The lock ends with the process that holds it (flock(2))."""
    file = os.open(settings.DATA_DIR / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def is_locked() -> bool:
    """Return whether a site runs from this DATA_DIR."""
    file = take_lock()
    if file is None:
        return True
    os.close(file)
    return False
