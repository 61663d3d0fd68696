"""What finished pages were made by."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

from vasite.environment import PROJECT_DIR


@cache
def code_version() -> str:
    """Gives a hash that changes with what pages are made by: code, templates, packages, settings
    from outside, the database. Pages of one version are not shown by another."""
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
    outside = [*place, settings.SITE_URL, str(bool(settings.PURGE))]
    return hashlib.sha256("\n".join([*facts, *outside, lock]).encode()).hexdigest()[:16]
