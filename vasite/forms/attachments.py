"""A file that a stranger sends: of a kind that is allowed, known by what is in it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from vasite.damaged_files import DAMAGED_ARCHIVE, DAMAGED_IMAGE

SIZE_LIMIT = 10 * 1024 * 1024  # bytes
NAME_LIMIT = 150
MAX_MEDIA_TYPE = 100  # bytes
MAX_ARCHIVE_ENTRIES = 5000  # a document has a few dozen; 60,000 take half a second to read
ENTRY = b"PK\x01\x02"  # of an archive's directory (APPNOTE 4.3.12)


def is_pdf(file: IO[bytes]) -> bool:
    return file.read(5) == b"%PDF-"


def is_picture(file: IO[bytes]) -> bool:
    try:
        with Image.open(file, formats=["JPEG", "PNG", "WEBP"]) as image:
            image.verify()
    except DAMAGED_IMAGE:
        return False
    return True


def is_office(open_xml: str, open_document: bytes) -> Callable[[IO[bytes]], bool]:
    """Gives the check for a document of Office Open XML (ECMA-376) or OpenDocument (ISO 26300).

    Takes the part that the first has, and the media type that the second begins with, which is
    not compressed (OpenDocument 1.3, part 2, 3.3): what is could unpack to any length, whatever
    its entry says. Macros make it neither.
    """

    def check(file: IO[bytes]) -> bool:
        if file.read().count(ENTRY) > MAX_ARCHIVE_ENTRIES:
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                names = set(archive.namelist())
                if any(name.endswith("vbaProject.bin") or "Basic/" in name for name in names):
                    return False
                if "mimetype" in names:
                    entry = archive.getinfo("mimetype")
                    is_plain = entry.compress_type == zipfile.ZIP_STORED
                    is_short = entry.compress_size < MAX_MEDIA_TYPE
                    return is_plain and is_short and archive.read(entry) == open_document
                return open_xml in names
        except DAMAGED_ARCHIVE:
            return False

    return check


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name in a sentence, how its names end, and the check of its content."""

    name: str
    endings: tuple[str, ...]
    holds: Callable[[IO[bytes]], bool]


OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
KINDS = {
    "pdf": Kind("PDF", (".pdf",), is_pdf),
    "picture": Kind("JPEG, PNG or WebP picture", (".jpg", ".jpeg", ".png", ".webp"), is_picture),
    "text": Kind(
        "Word or OpenDocument text",
        (".docx", ".odt"),
        is_office("word/document.xml", OPEN_DOCUMENT + b"text"),
    ),
    "sheet": Kind(
        "Excel or OpenDocument spreadsheet",
        (".xlsx", ".ods"),
        is_office("xl/workbook.xml", OPEN_DOCUMENT + b"spreadsheet"),
    ),
}


class AttachmentField(forms.FileField):
    """A file of at most SIZE_LIMIT, of one of the kinds that KINDS names."""

    def __init__(self, *, kinds: Iterable[str], **kwargs: Any) -> None:
        self.kinds = [KINDS[kind] for kind in kinds]
        allowed = ", ".join(kind.name for kind in self.kinds)
        self.hint = f"{allowed}; at most {SIZE_LIMIT // 1024**2} MB."
        endings = [ending for kind in self.kinds for ending in kind.endings]
        kwargs["help_text"] = f"{kwargs.get('help_text', '')} {self.hint}".strip()
        kwargs["widget"] = forms.FileInput(attrs={"accept": ",".join(endings)})
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> UploadedFile | None:
        """Gives the file as it came, under a short name. Raises ValidationError with its fault."""
        file: UploadedFile | None = super().clean(data, initial)
        if not file:
            return None
        path = PurePath(file.name or "file")
        shown = f"“{path.name}”"
        if not file.size:
            raise ValidationError(f"{shown} is empty. Choose another file.")
        if file.size > SIZE_LIMIT:
            limit = SIZE_LIMIT // 1024**2
            raise ValidationError(f"{shown} has more than {limit} MB. Choose a smaller one.")
        ending = path.suffix.lower()
        kind = next((kind for kind in self.kinds if ending in kind.endings), None)
        file.seek(0)
        if kind is None or not kind.holds(file):
            raise ValidationError(f"{shown} can’t be taken. Choose this: {self.hint}")
        file.seek(0)
        file.name = f"{path.stem[: NAME_LIMIT - 10]}{ending}"
        return file
