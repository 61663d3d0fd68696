"""Clearing the page cache."""

from __future__ import annotations

import shutil

from django.conf import settings

from vasite.pagecache.watching import change_everything, front, withdraw


def clear() -> None:
    """Let all processes and machines make every page anew, and delete what lies on this disk."""
    change_everything()
    withdraw()
    front().take_away()
    front().clear()
    shutil.rmtree(settings.PAGE_CACHE_DIR / "pages", ignore_errors=True)
