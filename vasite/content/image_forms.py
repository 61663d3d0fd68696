"""The form by which a picture is uploaded in the admin."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import FileField
from PIL import Image
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from vasite.content.pictures import READ_FORMATS, UnsuitableImageError, normalise_upload
from vasite.damaged_files import DAMAGED_IMAGE

UNREADABLE = (
    "This file can't be read as a picture: it is damaged, or something else with a picture's "
    "name. Open it on your computer, save it as JPEG and try again."
)
UNKNOWN_HEIC = (
    "This kind of HEIC or AVIF file can't be read here. Open it on your telephone or computer, "
    "save it as JPEG and try again."
)
TOO_LARGE = (
    "This picture has too many pixels to be worked on. Make it smaller (4,000 pixels wide is "
    "plenty) and try again."
)
# How the formats that are not taken begin, and their names for people
OTHER_FORMATS = {
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"8BPS": "Photoshop",
    b"BM": "Windows bitmap",
    b"%PDF": "PDF",
    b"\x00\x00\x00\x0cjP": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x00\x0cJXL": "JPEG XL",
    b"<svg": "SVG",
    b"<?xml": "SVG",
}


class PictureFileField(WagtailImageField):
    """Takes an image by its content, whatever its name ends in, and names its fault in words."""

    def to_python(self, data: Any) -> Any:
        upload: Any = FileField.to_python(self, data)
        if upload is None:
            return None
        self.check_image_file_size(upload)
        head = upload.read(32)
        try:
            self.check_pixels(upload)
            normalise_upload(upload)
        except UnsuitableImageError as error:
            raise ValidationError(str(error), code="unsuitable") from None
        except Image.DecompressionBombError:
            raise ValidationError(TOO_LARGE, code="too_large") from None
        except DAMAGED_IMAGE:
            raise ValidationError(words_for(head), code="unreadable") from None
        return super().to_python(upload)

    def check_pixels(self, upload: UploadedFile) -> None:
        """Refuse a picture by its size before it is unpacked."""
        upload.seek(0)
        with Image.open(upload, formats=READ_FORMATS) as opened:
            pixels = opened.width * opened.height
        if pixels > self.max_image_pixels:
            numbers = {"num_pixels": pixels, "max_pixels_count": self.max_image_pixels}
            raise ValidationError(
                self.error_messages["file_too_many_pixels"] % numbers, code="file_too_many_pixels"
            )


def words_for(head: bytes) -> str:
    """Return why a file that begins so was not taken."""
    names = (name for start, name in OTHER_FORMATS.items() if head.startswith(start))
    if name := next(names, ""):
        return f"This is a {name} file. Save it as JPEG or PNG and upload that."
    return UNKNOWN_HEIC if head[4:8] == b"ftyp" else UNREADABLE


class SiteImageForm(BaseImageForm):
    """Clean the file itself.

    A missing alt text refuses nothing: the file would be lost with it. The dashboard and the SEO
    checks ask for it afterwards.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "title" in self.fields:
            self.fields["title"].required = False
        file = self.fields.get("file")
        if file:  # Wagtail fixes this field's class, not the form's
            self.fields["file"] = PictureFileField(
                label=file.label, required=file.required, widget=file.widget
            )

    def clean_title(self) -> str:
        """Take the file name for a title that was left out, as the upload form does by script."""
        upload = self.files.get(self.add_prefix("file"))
        name = PurePath(upload.name).stem if upload else self.instance.title
        return str(self.cleaned_data["title"] or name)[:255]
