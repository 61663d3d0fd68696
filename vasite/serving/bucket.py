"""Media in a bucket that several machines share (S3 and what speaks like it)."""

from __future__ import annotations

from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):
    """Files whose addresses are the site's own: visitors ask no other host."""

    def url(self, name: str, *args: object, **kwargs: object) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
