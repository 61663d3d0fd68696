"""The form by which a picture is uploaded in the admin."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import FileField
from PIL import Image
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from vasite.content.pictures import HEAD_BYTES, READ_FORMATS, UnsuitableImageError, normalise_upload
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
VIDEO = "This is a video. Put it on YouTube or Vimeo and add a Video block."
# How the formats that are not taken are known, and their names for people
OTHER_FORMATS = {
    # TIFFs, too: of DNG 1.7's DNGVersion, of Canon, or whose first picture is a small one of the
    # next (TIFF 6, 8: NewSubfileType)
    rb"(?s:II\*\x00.*\x12\xc6\x01\x00\x04\x00\x00\x00)": "a raw (DNG)",
    rb"(?s:MM\x00\*.*\xc6\x12\x00\x01\x00\x00\x00\x04)": "a raw (DNG)",
    rb"(?s:II\*\x00....CR)": "a raw (CR2)",
    rb"(?s:II\*\x00.{6}\xfe\x00\x04\x00\x01\x00\x00\x00\x01)": "a raw",
    rb"(?s:MM\x00\*.{6}\x00\xfe\x00\x04\x00\x00\x00\x01\x00\x00\x00\x01)": "a raw",
    rb"IIR[OS]|IIU\x00|FUJIFILM": "a raw",
    rb"II[*+]\x00|MM\x00[*+]": "a TIFF",
    rb"8BPS": "a Photoshop",
    rb"BM": "a Windows bitmap",
    rb"\x00\x00\x01\x00": "an icon (ICO)",
    rb"%PDF": "a PDF",
    rb"\x00\x00\x00\x0cjP|\xff\x4f\xff\x51": "a JPEG 2000",
    rb"\xff\x0a|\x00\x00\x00\x0cJXL": "a JPEG XL",
    rb"....ftypcrx ": "a raw (CR3)",
    rb"(?s:\W*<[?!].*|\W*)<svg\b": "an SVG",
}
# The brands of ISO/IEC 23008-12 and AV1's; any other of ISO/IEC 14496-12's files is a video
PICTURE_BRANDS = re.compile(rb"....ftyp(he[iv]|mif|msf|avi)", re.DOTALL)
VIDEOS = re.compile(rb"....(ftyp|moov|mdat|wide)|\x1aE\xdf\xa3|RIFF....AVI ", re.DOTALL)


class PictureFileField(WagtailImageField):
    """Takes an image by its content, whatever its name ends in, and names its fault in words."""

    def to_python(self, data: Any) -> Any:
        upload: Any = FileField.to_python(self, data)
        if upload is None:
            return None
        self.check_image_file_size(upload)
        upload.seek(0)  # a form may be cleaned twice
        head = upload.read(HEAD_BYTES)
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
    names = (name for start, name in OTHER_FORMATS.items() if re.match(start, head))
    if name := next(names, ""):
        return f"This is {name} file. Save it as JPEG or PNG and upload that."
    if PICTURE_BRANDS.match(head):
        return UNKNOWN_HEIC
    return VIDEO if VIDEOS.match(head) else UNREADABLE


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
