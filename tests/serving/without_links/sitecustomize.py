"""Refuses hard links, as disks such as exFAT do."""

import errno
import os


def refuse(*arguments: object, **options: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


os.link = refuse  # type: ignore[assignment]
