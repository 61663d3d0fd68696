"""`{% mail_picture image as file %}`: a picture as mail programs can show it."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from vasite.content.models import SiteImage

WIDEST_FILE, WIDEST_SHOWN = 960, 544  # pixels; the file is sharp on a telephone, too
PAPER = "fbf7f0"  # as in mail/base.html

register = template.Library()


@dataclass(frozen=True)
class MailPicture:
    """A file and the width in which it is shown, in pixels."""

    url: str
    width: int


@register.simple_tag
def mail_picture(image: SiteImage) -> MailPicture:
    """Return a JPEG, or a PNG where it may be transparent: every mail program shows them.

    What is transparent gets the colour of the paper, because dark ink would vanish wherever a
    program makes the paper dark.
    """
    width = min(image.width, WIDEST_FILE)
    kind = f"png|bgcolor-{PAPER}" if image.filename.endswith(".png") else "jpeg"
    file = image.get_rendition(f"width-{width}|format-{kind}")
    return MailPicture(file.url, min(file.width, WIDEST_SHOWN))
