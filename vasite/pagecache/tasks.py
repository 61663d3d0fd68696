"""What the worker does for the pages that are kept."""

from __future__ import annotations

import shutil

from django.conf import settings
from django_tasks import task

from vasite.pagecache.pages import Shelf
from vasite.pagecache.version import code_version
from vasite.pagecache.watching import change_everything, front


@task()
def clear_front() -> None:
    """Deletes the files of pages that were taken away, and takes away those that are too old."""
    if front().is_expired:
        change_everything()
    front().clear()


@task()
def trim() -> None:
    """Keeps the shelf within its size, and clears those of other versions."""
    current = settings.PAGE_CACHE_DIR / "pages" / code_version()
    for folder in current.parent.glob("*"):
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
    Shelf(current).tidy()
