"""Clear the page cache after a change to the database that did not come through the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from vasite.pagecache.clearing import clear
from vasite.pagecache.purging import purge


class Command(BaseCommand):
    help = (
        "Clears the page cache: in all processes and machines, on disk, in PAGE_FILES and, with "
        "PURGE, in Varnish or the CDN. Needed after a change by psql, sqlite3 or a restored backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        clear()
        if settings.PURGE:
            try:
                purge()
            except OSError as error:
                raise CommandError(
                    "The page cache is cleared, but Varnish or the CDN could not be purged: "
                    f"{error}. The background worker tries again every few seconds."
                ) from error
        self.stdout.write("The page cache is cleared.")
