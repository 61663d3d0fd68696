"""`{% mail_picture image as file %}`: a picture as mail programs can show it."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from vasite.content.models import SiteImage

WIDEST_FILE, WIDEST_SHOWN = 960, 544  # pixels; the file is sharp on a telephone, too

register = template.Library()


@dataclass(frozen=True)
class MailPicture:
    """A file and the width in which it is shown, in pixels."""

    url: str
    width: int


@register.simple_tag
def mail_picture(image: SiteImage) -> MailPicture:
    """Gives a JPEG, or a PNG of a picture that may be transparent: no mail program lacks them."""
    width = min(image.width, WIDEST_FILE)
    kind = "png" if image.filename.endswith(".png") else "jpeg"
    file = image.get_rendition(f"width-{width}|format-{kind}")
    return MailPicture(file.url, min(file.width, WIDEST_SHOWN))
