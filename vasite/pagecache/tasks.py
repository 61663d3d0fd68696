"""What the worker does for the pages that are kept."""

from __future__ import annotations

import shutil

from django.conf import settings
from django_tasks import task

from vasite.pagecache.pages import Shelf
from vasite.pagecache.version import code_version

MOST_BYTES = 256 * 1024 * 1024


@task()
def trim() -> int:
    """Keeps the shelf within its size, and clears those of other versions."""
    current = settings.PAGE_CACHE_DIR / "pages" / code_version()
    for folder in current.parent.glob("*"):
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
    return Shelf(current).trim(MOST_BYTES)
