"""Social cards: the picture that a link to a page is shown with elsewhere, 1200 by 630 pixels.

Drawn by the worker when a page is published, from its title, its picture and the site's mark.
"""

from __future__ import annotations

import logging
from functools import cache
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont, ImageOps, PngImagePlugin
from wagtail.models import Page

from vasite.business.models import BusinessSettings
from vasite.content.models import ContentPage, SiteImage
from vasite.content.pictures import focal_point_key
from vasite.content.visibility import visible
from vasite.damaged_files import DAMAGED_IMAGE
from vasite.environment import PROJECT_DIR

logger = logging.getLogger(__name__)

SIZE = (1200, 630)
PICTURE_WIDTH = 460
MARGIN = 72
INK, CREAM, PEAR = "#1f2933", "#fbf7f0", "#2f5d50"
STATIC = PROJECT_DIR / "static"
TITLE_SIZES = (76, 66, 56, 46, 38)
MOST_LINES = 5
FINGERPRINT = "vasite:made-from"  # a PNG text chunk: a card is drawn anew when it changes


def card_name(page: Page) -> str:
    """Gives the name of a page's card in the media."""
    return f"cards/{page.pk}.png"


def card_url(page: Page) -> str:
    """Gives the card's address, which changes with each publication: previews keep pictures."""
    published = page.last_published_at
    version = f"?v={published:%Y%m%d%H%M%S}" if published else ""
    return f"{default_storage.url(card_name(page))}{version}"


def refresh_card(page: ContentPage) -> bool:
    """Draws a page's card if it is missing or out of date, and tells whether it was."""
    business = BusinessSettings.load()
    picture = getattr(page, "cover", None) or getattr(page, "picture", None)
    if picture and not picture.is_public:
        picture = None
    name, title = card_name(page), page.card_title
    fingerprint = fingerprint_of(title, business.name, picture)
    if is_current(name, fingerprint):
        return False
    try:
        cutting = cut(picture) if picture else None
    except DAMAGED_IMAGE:
        logger.warning("The social card of page %d shows no picture: it is damaged", page.pk)
        cutting, fingerprint = None, fingerprint_of(title, business.name, None)
        if is_current(name, fingerprint):
            return False
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(FINGERPRINT, fingerprint)
    output = BytesIO()
    card = draw_card(title, business.name, cutting)
    card.quantize(128, dither=Image.Dither.NONE).save(output, "PNG", optimize=True, pnginfo=chunks)
    whole = ContentFile(output.getvalue())
    default_storage.replace(name, whole)  # type: ignore[attr-defined]  # media, bucket
    return True


def fingerprint_of(title: str, business_name: str, picture: SiteImage | None) -> str:
    pictured = f"{picture.pk} {picture.file_hash} {focal_point_key(picture)}" if picture else ""
    return f"{title}\n{business_name}\n{pictured}"


def remove_hidden_cards() -> None:
    """Delete the cards of pages that visitors may not see: unpublished, deleted or private."""
    names = default_storage.listdir("cards")[1] if default_storage.exists("cards") else []
    shown = {card_name(page) for page in visible(Page.objects.order_by()).only("pk")}
    for name in names:
        # A draft is being written: vasite.serving.media
        if f"cards/{name}" not in shown and not name.startswith("."):
            default_storage.delete(f"cards/{name}")


def remove_cards_showing(image: SiteImage) -> None:
    """Delete the cards of pages that an image stands for; the worker draws them anew."""
    for model in ContentPage.__subclasses__():
        fields = {field.name for field in model._meta.get_fields()} & {"cover", "picture"}
        for field in fields:
            for page in model.objects.filter(**{field: image}).only("pk"):
                default_storage.delete(card_name(page))


def is_current(name: str, fingerprint: str) -> bool:
    """Tell whether a card is there, whole and made from what it should be made from."""
    try:
        with default_storage.open(name) as file, Image.open(file) as card:
            card.load()  # all of it: a file that a power cut shortened is no card
            return card.info.get(FINGERPRINT) == fingerprint
    except DAMAGED_IMAGE:
        return False


def draw_card(title: str, business_name: str, cutting: Image.Image | None) -> Image.Image:
    """Return the card: title and mark on the left, what was cut from the picture on the right."""
    card = Image.new("RGB", SIZE, CREAM)
    draw = ImageDraw.Draw(card)
    width = SIZE[0] - 2 * MARGIN
    if cutting:
        width -= PICTURE_WIDTH
        card.paste(cutting, (SIZE[0] - PICTURE_WIDTH, 0))
    draw.rectangle((0, 0, 14, SIZE[1]), fill=PEAR)
    with Image.open(STATIC / "img" / "mark.png") as mark:
        small = mark.convert("RGBA").resize((72, 72))
        card.paste(small, (MARGIN, SIZE[1] - MARGIN - 72), small)
    name_font = font(34)
    name = fitting(business_name, name_font, width - 96)
    draw.text((MARGIN + 92, SIZE[1] - MARGIN - 36), name, PEAR, name_font, anchor="lm")
    lines, title_font = wrapped(title, width)
    step = title_font.size * 1.16
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + number * step), line, INK, title_font)
    return card


def cut(picture: SiteImage) -> Image.Image:
    """Gives the picture at the card's height, cut around its focal point."""
    focus = picture.get_focal_point()
    centre = (0.5, 0.5)
    if focus:
        centre = (focus.centroid.x / picture.width, focus.centroid.y / picture.height)
    with picture.open_file() as file, Image.open(file) as opened:
        size = (PICTURE_WIDTH, SIZE[1])
        fitted = ImageOps.fit(opened.convert("RGBA"), size, centering=centre)
        return Image.alpha_composite(Image.new("RGBA", size, CREAM), fitted).convert("RGB")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(STATIC / "fonts" / "fraunces.woff2", size)


def wrapped(title: str, width: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """Gives the lines of a title and the largest font in which they fit; the rest is cut off."""
    title_font = font(TITLE_SIZES[-1])
    lines: list[str] = []
    title = drawable(title, title_font)
    for size in TITLE_SIZES:
        title_font = font(size)
        lines = wrap(title, title_font, width)
        if len(lines) <= MOST_LINES:
            return lines, title_font
    kept = lines[:MOST_LINES]
    kept[-1] = fitting(f"{kept[-1]} …", title_font, width)
    return kept, title_font


def wrap(text: str, title_font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and title_font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fitting(word, title_font, width))
    return lines


def fitting(text: str, text_font: ImageFont.FreeTypeFont, width: int) -> str:
    """Gives as much of a text as fits into a width, in pixels."""
    while text and text_font.getlength(text) > width:
        text = f"{text.rstrip('…')[:-1]}…" if len(text) > 1 else ""
    return text


def drawable(text: str, text_font: ImageFont.FreeTypeFont) -> str:
    """Gives the text without characters that the font lacks (an emoji, another script)."""
    return "".join(one for one in text if one.isspace() or text_font.getmask(one).getbbox())
