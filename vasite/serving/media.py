"""Uploaded files on this machine's disk: public ones under /media/, private ones elsewhere."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.encoding import filepath_to_uri

PRIVATE_FOLDER = "private"
# Documents are served by Wagtail's view alone, which checks who may see their collection. What
# was uploaded and not yet described waits in wagtail_uploads.
PRIVATE_FOLDERS = ("documents", "wagtail_uploads", PRIVATE_FOLDER)


def is_private(name: str) -> bool:
    """Return whether a file's name is one that /media/ must not serve."""
    top = posixpath.normpath(f"/{name}".replace("\\", "/")).strip("/").partition("/")[0]
    return top.lower() in PRIVATE_FOLDERS


def media_url(name: str) -> str:
    """Return the path of a file: below /media/, or in the admin if it is private."""
    if is_private(name):
        return reverse("private_media", args=[name])
    return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"


DRAFTS = ".*.draft"


class WholeFileStorage(FileSystemStorage):
    """Files that have their names only once they are whole and on the disk.

    A process that is killed, a full disk or a power cut leaves no half of one, and nobody reads a
    file while it is being written.
    """

    def _save(self, name: str, content: Any) -> str:
        with self.draft(name, content) as draft:
            while True:
                try:
                    os.link(draft, self.path(name))  # fails, unlike a renaming, if there is one
                    return name
                except FileExistsError:
                    name = self.get_available_name(name)

    def replace(self, name: str, content: Any) -> None:
        """Put a file in the place of the one of that name, if there is one, in one step."""
        with self.draft(name, content) as draft:
            os.replace(draft, self.path(name))

    @contextmanager
    def draft(self, name: str, content: Any) -> Iterator[str]:
        """Write a file beside the one to be, for the time of a `with` block."""
        folder = posixpath.dirname(name)
        draft = posixpath.join(folder, f".{get_random_string(20)}.draft")
        path = self.path(draft)
        try:
            super()._save(draft, content)  # type: ignore[misc]  # not in the stubs
            flush(path)
            yield path
            flush(os.path.dirname(path))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)


def flush(path: str) -> None:
    """Wait until a file, or the names in a folder, are on the disk (fsync(2))."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


class MediaStorage(WholeFileStorage):
    """The folder that a web server may serve, and PRIVATE_MEDIA_ROOT for what is private."""

    @property
    def private(self) -> WholeFileStorage:
        return WholeFileStorage(location=settings.PRIVATE_MEDIA_ROOT)

    def path(self, name: str) -> str:
        return self.private.path(name) if is_private(name) else super().path(name)

    def url(self, name: str | None) -> str:
        return media_url(name or "")

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        if is_private(name or ""):
            return str(self.private.save(name, content, max_length))
        return str(super().save(name, content, max_length))
