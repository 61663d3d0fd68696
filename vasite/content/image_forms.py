"""The form by which a picture is uploaded in the admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from PIL import Image
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from vasite.content.pictures import normalise_upload

UNREADABLE = (
    "This file can't be read as a picture: it is damaged, or something else with a picture's "
    "name. Open it on your computer, save it as JPEG and try again."
)
TOO_LARGE = (
    "This picture has too many pixels to be worked on. Make it smaller (4,000 pixels wide is "
    "plenty) and try again."
)


class PictureFileField(WagtailImageField):
    """Names the fault of a file that Pillow gives up on half-way, in place of an error 500."""

    def to_python(self, data: Any) -> Any:
        try:
            return super().to_python(data)
        except Image.DecompressionBombError:
            raise ValidationError(TOO_LARGE, code="too_large") from None
        except (OSError, ValueError, SyntaxError):
            raise ValidationError(UNREADABLE, code="unreadable") from None


class SiteImageForm(BaseImageForm):
    """Asks for an alt text or the tick that none is needed; cleans the file itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        file = self.fields.get("file")
        if file:  # Wagtail fixes this field's class, not the form's
            self.fields["file"] = PictureFileField(
                label=file.label, required=file.required, widget=file.widget
            )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not isinstance(upload, UploadedFile):
            return upload
        try:
            normalise_upload(upload)
        except Image.DecompressionBombError:
            raise ValidationError(TOO_LARGE, code="too_large") from None
        except (OSError, ValueError, SyntaxError):
            raise ValidationError(UNREADABLE, code="unreadable") from None
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned_data = super().clean()
        asks_for_alt_text = "description" in self.fields
        if (
            asks_for_alt_text
            and not cleaned_data.get("description")
            and not cleaned_data.get("is_decorative")
        ):
            self.add_error(
                "description", "Describe the picture in a sentence, or tick “decorative” below."
            )
        return cleaned_data
