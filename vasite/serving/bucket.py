"""Media in a bucket that several machines share (S3 and what speaks like it)."""

from __future__ import annotations

from typing import Any

from storages.backends.s3 import S3Storage

from vasite.serving.media import media_url


class BucketStorage(S3Storage):
    """Files whose addresses are the site's own: visitors ask no other host.

    The bucket itself is private: the site reads it with its key and serves what is public.
    """

    def url(self, name: str, *args: object, **kwargs: object) -> str:
        return media_url(name)

    def replace(self, name: str, content: Any) -> None:
        """Put a file in the place of the one of that name, if there is one, in one step."""
        self._save(name, content)  # which, unlike save(), looks for no other name
