"""How pictures reach visitors: the widths and formats, made once by the worker."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageCms, ImageOps
from wagtail.images.models import Filter

from vasite.content.models import SiteImage, SiteRendition

FORMATS = ("avif", "webp", "jpeg")
FORMAT_TYPES = {"avif": "image/avif", "webp": "image/webp"}
ORIGINAL_WIDTH = 2560
ONE_AT_A_TIME = threading.Lock()  # an uploaded picture of 12 megapixels unpacks to 48 MB
SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True)
class Role:
    """A kind of place for a picture.

    `sizes` is what it takes of the screen, as the style sheets lay it out; `widths` are those of
    its files, in pixels; a `ratio` (width, height) cuts it around its focal point.
    """

    sizes: str
    widths: tuple[int, ...] = (320, 640, 960, 1600)
    ratio: tuple[int, int] | None = None

    def operations(self, image: SiteImage) -> list[str]:
        """Gives Wagtail's operations for its files, none of them wider than the image allows."""
        most = min(image.width, self.widths[-1])
        if self.ratio:
            most = min(most, image.height * self.ratio[0] // self.ratio[1]) or 1
        widths = [width for width in self.widths if width < most] + [most]
        if not self.ratio:
            return [f"width-{width}" for width in widths]
        across, down = self.ratio
        return [f"fill-{width}x{max(1, width * down // across)}" for width in widths]


# Every place where a template shows a picture to visitors; their files are made by the worker.
ROLES = {
    "hero": Role("(min-width: 60rem) 34rem, 100vw"),
    "body": Role("(min-width: 46rem) 44rem, 100vw"),
    "card": Role(
        "(min-width: 60rem) 22rem, (min-width: 40rem) 45vw, 100vw", (320, 640, 960), (16, 10)
    ),
    "portrait": Role("8rem", (160, 320), (1, 1)),
}
# The sizes in which Google asks for an article's picture, in three ratios
ARTICLE_SPECS = tuple(f"fill-{size}|format-jpeg" for size in ("1200x675", "1200x900", "1200x1200"))


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


def role_specs(image: SiteImage, role: Role) -> list[str]:
    """Gives the specs of a role's files; the fall-back is PNG where it may be transparent."""
    formats = (*FORMATS[:2], "png") if image.filename.endswith(".png") else FORMATS
    operations = role.operations(image)
    return [f"{operation}|format-{format_}" for operation in operations for format_ in formats]


def all_specs(image: SiteImage) -> list[str]:
    """Gives the specs of every file that templates and structured data use of an image."""
    specs = [spec for role in ROLES.values() for spec in role_specs(image, role)]
    return list(dict.fromkeys([*specs, *ARTICLE_SPECS]))


def focal_point_key(image: SiteImage) -> str:
    """Gives what Wagtail notes of the focal point beside a file that was cut around it."""
    return Filter(spec=ARTICLE_SPECS[0]).get_cache_key(image)


def made(image: SiteImage, specs: Iterable[str]) -> list[SiteRendition]:
    """Gives the files of the specs that exist, cut around today's focal point; makes none.

    Costs no query when the renditions are prefetched, else one.
    """
    keys = {"fill": focal_point_key(image), "width": ""}
    by_spec = {
        rendition.filter_spec: rendition
        for rendition in image.renditions.all()
        if rendition.focal_point_key == keys.get(rendition.filter_spec.partition("-")[0])
    }
    return [by_spec[spec] for spec in specs if spec in by_spec]


def article_urls(image: SiteImage | None) -> list[str]:
    """Gives the paths of an image in ARTICLE_SPECS; of all of it before the worker made them."""
    if image is None:
        return []
    return [rendition.url for rendition in made(image, ARTICLE_SPECS)] or [image.file.url]


def responsive_picture(image: SiteImage, role: Role) -> ResponsivePicture:
    """Gives a role's files that exist; before the worker made them, the uploaded one alone."""
    by_format: dict[str, list[SiteRendition]] = {}
    for rendition in made(image, role_specs(image, role)):
        by_format.setdefault(rendition.filter_spec.rpartition("-")[2], []).append(rendition)
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
    """Makes the files of an image that are not there yet, and drops those cut otherwise."""
    specs = all_specs(image)
    for spec in specs:
        image.get_rendition(Filter(spec=spec))
    cut_otherwise = image.renditions.filter(filter_spec__in=specs, filter_spec__startswith="fill")
    cut_otherwise.exclude(focal_point_key=focal_point_key(image)).delete()


def normalise_upload(upload: UploadedFile) -> None:
    """Makes the picture upright, at most ORIGINAL_WIDTH wide and high, and free of metadata.

    It is done in the upload itself, because Wagtail keeps that of a picture which nobody has
    described yet.

    A phone writes into a photograph where it was taken (EXIF); none of it is kept but the
    turn, which is carried out. Photographs become JPEG, what may be transparent becomes PNG.
    Raises OSError for a file that Pillow can't decode to its end.
    """
    upload.seek(0)
    with ONE_AT_A_TIME, Image.open(upload) as opened:
        if opened.format == "JPEG":
            opened.draft("RGB", (ORIGINAL_WIDTH, ORIGINAL_WIDTH))
        opened.thumbnail((ORIGINAL_WIDTH, ORIGINAL_WIDTH))  # first: what follows makes copies
        picture = ImageOps.exif_transpose(opened)
    is_transparent = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    mode = "RGBA" if is_transparent else "RGB"
    clean = Image.new(mode, picture.size)  # takes over the pixels and nothing else
    clean.paste(in_srgb(picture, mode))
    output = BytesIO()
    stem = (upload.name or "picture").rpartition(".")[0] or "picture"
    if is_transparent:
        clean.save(output, "PNG", optimize=True)
        upload.name = f"{stem}.png"
    else:
        clean.save(output, "JPEG", quality=90, optimize=True, progressive=True)
        upload.name = f"{stem}.jpg"
    upload.seek(0)
    upload.truncate()
    upload.size = upload.write(output.getvalue())
    upload.seek(0)


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
