"""What the worker does for the pages that are kept."""

from __future__ import annotations

from django.conf import settings
from django_tasks import task

from vasite.pagecache.pages import Shelf

MOST_BYTES = 256 * 1024 * 1024


@task()
def trim() -> int:
    """Keeps the shelf within its size."""
    return Shelf(settings.PAGE_CACHE_DIR / "pages").trim(MOST_BYTES)
