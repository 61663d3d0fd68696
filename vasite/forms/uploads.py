"""Uploaded files on a disk that may be full."""

from __future__ import annotations

import io
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from vasite.serving.errors import UnstoredFileError


class DiskUploadHandler(TemporaryFileUploadHandler):
    """Django's handler of large files, but what the disk has no room for becomes an UnstoredFile,
    so that the rest of the form is read all the same."""

    is_unstored = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_unstored = False
        try:
            super().new_file(*args, **kwargs)
        except OSError:
            self.is_unstored = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_unstored:
            return
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            self.is_unstored = True

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_unstored:
            try:
                return super().file_complete(file_size)
            except OSError:
                self.is_unstored = True
        unstored: IO[Any] = UnstoredFile()  # type: ignore[assignment]
        return UploadedFile(unstored, self.file_name, self.content_type, file_size, self.charset)


class UnstoredFile(io.RawIOBase):
    """A file that could not be stored: whoever reads it is told so."""

    def seek(self, *args: Any) -> int:
        raise UnstoredFileError

    def read(self, *args: Any) -> bytes:
        raise UnstoredFileError
