"""How pictures reach visitors: the widths and formats, made once by the worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageCms, ImageOps
from wagtail.images.models import Filter

from vasite.content.models import SiteImage, SiteRendition

WIDTHS = (320, 640, 960, 1600)
FORMATS = ("avif", "webp", "jpeg")
FORMAT_TYPES = {"avif": "image/avif", "webp": "image/webp"}
ORIGINAL_WIDTH = 2560
SRGB = ImageCms.createProfile("sRGB")
# The ratios in which Google asks for an article's picture, cut around the focal point
RATIOS = ("1200x675", "1200x900", "1200x1200")
# What a picture of each role takes of the screen, as the style sheets lay it out.
SIZES = {
    "hero": "(min-width: 60rem) 34rem, 100vw",
    "body": "(min-width: 46rem) 44rem, 100vw",
    "card": "(min-width: 60rem) 22rem, (min-width: 40rem) 45vw, 100vw",
    "portrait": "12rem",
}


@dataclass(frozen=True)
class Source:
    """A `<source>`: its MIME type and its srcset."""

    mime_type: str
    srcset: str


@dataclass(frozen=True)
class ResponsivePicture:
    """What `<picture>` needs. Width and height are those of the fall-back file, in pixels."""

    sources: list[Source]
    url: str
    srcset: str
    width: int
    height: int


def filter_specs(image: SiteImage) -> list[str]:
    """Gives the renditions an image has: its fall-back is PNG when it may be transparent."""
    formats = ("avif", "webp", "png") if image.filename.endswith(".png") else FORMATS
    widths = [width for width in WIDTHS if width < image.width] or [image.width]
    if image.width < WIDTHS[-1]:
        widths = sorted({*widths, image.width})
    return [f"width-{width}|format-{format_}" for width in widths for format_ in formats]


def ratio_specs() -> list[str]:
    return [f"fill-{size}|format-jpeg" for size in RATIOS]


def ratio_urls(image: SiteImage | None) -> list[str]:
    """Gives the paths of an image in RATIOS; of the whole image before the worker made them."""
    if image is None:
        return []
    keys = {spec: Filter(spec=spec).get_cache_key(image) for spec in ratio_specs()}
    made = {
        rendition.filter_spec: rendition.url
        for rendition in image.renditions.all()
        if keys.get(rendition.filter_spec) == rendition.focal_point_key
    }
    return [made[spec] for spec in keys if spec in made] or [image.file.url]


def responsive_picture(image: SiteImage) -> ResponsivePicture:
    """Gives the renditions that exist; before the worker made them, the original alone.

    Never makes one, so no visitor waits for it. Costs no query when the renditions are
    prefetched (`SiteImage.objects.prefetch_related("renditions")`), else one.
    """
    wanted = set(filter_specs(image))
    by_format: dict[str, list[SiteRendition]] = {}
    for rendition in sorted(image.renditions.all(), key=lambda rendition: rendition.width):
        if rendition.filter_spec in wanted and not rendition.focal_point_key:
            format_ = rendition.filter_spec.rpartition("-")[2]
            by_format.setdefault(format_, []).append(rendition)
    sources = [
        Source(mime_type, srcset(by_format[format_]))
        for format_, mime_type in FORMAT_TYPES.items()
        if format_ in by_format
    ]
    fallback = by_format.get("jpeg") or by_format.get("png")
    if not fallback:
        return ResponsivePicture(sources, image.file.url, "", image.width, image.height)
    middle = next((one for one in fallback if one.width >= 640), fallback[-1])
    return ResponsivePicture(sources, middle.url, srcset(fallback), middle.width, middle.height)


def srcset(renditions: Iterable[SiteRendition]) -> str:
    """Gives the value of a srcset attribute, smallest first."""
    return ", ".join(f"{rendition.url} {rendition.width}w" for rendition in renditions)


def make_missing_renditions(image: SiteImage) -> None:
    """Makes what templates and structured data use of an image and is not there yet."""
    for spec in [*filter_specs(image), *ratio_specs()]:
        image.get_rendition(Filter(spec=spec))


def normalise_upload(upload: UploadedFile) -> ContentFile[bytes]:
    """Gives the picture upright, at most ORIGINAL_WIDTH wide and high, without metadata.

    A phone writes into a photograph where it was taken (EXIF); none of it is kept but the
    turn, which is carried out. Photographs become JPEG, what may be transparent becomes PNG.
    Raises OSError for a file that Pillow can't decode to its end.
    """
    upload.seek(0)
    with Image.open(upload) as opened:
        if opened.format == "JPEG":
            opened.draft("RGB", (ORIGINAL_WIDTH, ORIGINAL_WIDTH))
        picture = ImageOps.exif_transpose(opened)
    picture.thumbnail((ORIGINAL_WIDTH, ORIGINAL_WIDTH))
    is_transparent = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    mode = "RGBA" if is_transparent else "RGB"
    clean = Image.new(mode, picture.size)  # takes over the pixels and nothing else
    clean.paste(in_srgb(picture, mode))
    output = BytesIO()
    stem = (upload.name or "picture").rpartition(".")[0] or "picture"
    if is_transparent:
        clean.save(output, "PNG", optimize=True)
        return ContentFile(output.getvalue(), f"{stem}.png")
    clean.save(output, "JPEG", quality=90, optimize=True, progressive=True)
    return ContentFile(output.getvalue(), f"{stem}.jpg")


def in_srgb(picture: Image.Image, mode: str) -> Image.Image:
    """Gives the picture in the colours that a browser assumes when no profile says otherwise.

    Today's phones write a wider range (Display P3); without its profile it would look dull.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode == "P" or not profile:
        return picture.convert(mode)
    try:
        converted = ImageCms.profileToProfile(
            picture, ImageCms.getOpenProfile(BytesIO(profile)), SRGB, outputMode=mode
        )
    except ImageCms.PyCMSError:  # a profile that is damaged or of another kind of picture
        converted = None
    return converted or picture.convert(mode)
