"""How pictures reach visitors: the widths and formats, made once by the worker."""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageCms, ImageFile, ImageOps
from wagtail.images.models import Filter

from vasite.content.models import SiteImage, SiteRendition

FORMATS = ("avif", "webp", "jpeg")
FORMAT_TYPES = {"avif": "image/avif", "webp": "image/webp"}
ORIGINAL_WIDTH = 2560
ONE_AT_A_TIME = threading.Lock()  # an uploaded picture of 12 megapixels unpacks to 48 MB
READ_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF")
MOVING_FORMATS = {"GIF", "PNG", "WEBP", "AVIF"}  # several pictures in a HEIC are no animation
# PQ and hybrid log-gamma (ITU-T H.273, table 3)
HDR_TRANSFERS = {16, 18}
HEAD_BYTES = 4096
NAMED_COLOURS = {
    "PNG": re.compile(rb"cICP(.)(.)", re.DOTALL),  # PNG 3, 11.3.2.6
    "AVIF": re.compile(rb"colrnclx(..)(..)", re.DOTALL),  # ISO/IEC 14496-12, 12.1.5
}
SRGB = ImageCms.createProfile("sRGB")
# Red, green and blue (X, Y, Z in ICC.1:2022's D50) of wide ranges, by their ITU-T H.273 numbers
WIDE_PRIMARIES = {
    9: ((0.6735, 0.2790, -0.0019), (0.1657, 0.6753, 0.0300), (0.1251, 0.0456, 0.7972)),  # BT.2020
    12: ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),  # P3
}


@dataclass(frozen=True)
class Role:
    """A kind of place for a picture.

    `sizes` is what it takes of the screen, as the style sheets lay it out; `widths` are those of
    its files, in pixels; a `ratio` (width, height) cuts it around its focal point.
    """

    sizes: str
    widths: tuple[int, ...] = (320, 640, 960, 1600, 2240)
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
    # In one column, two or three as `.cards` has room for them
    "card": Role(
        "(min-width: 66.5rem) 22rem, (min-width: 44rem) 45vw, 100vw",
        (320, 640, 960, 1280),
        (16, 10),
    ),
    "portrait": Role("8rem", (160, 320, 480), (1, 1)),
    "portrait-large": Role("(min-width: 60rem) 17rem, min(20rem, 100vw)", (320, 640, 960), (1, 1)),
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
    """Gives the paths of an image in ARTICLE_SPECS; of all of it before the worker made them;
    none of a private one."""
    if image is None or not image.is_public:
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


class UnsuitableImageError(ValueError):
    """An image that can be read but not shown as it is meant; its message tells the owner why."""


def check_suitable(opened: Image.Image) -> None:
    """Raise UnsuitableImageError for an animation or a picture with HDR brightness."""
    is_moving = opened.format in MOVING_FORMATS and getattr(opened, "is_animated", False)
    if is_moving:
        raise UnsuitableImageError(
            "This image is animated, and the site shows still images only. Save one picture of it "
            "as a JPEG or PNG, or put it on YouTube or Vimeo and add a Video block."
        )
    if named_colours(opened)[1] in HDR_TRANSFERS:
        raise UnsuitableImageError(
            "This is an HDR image, whose brightness would be shown wrongly. Export it as a JPEG "
            "(standard dynamic range, SDR) and upload that."
        )


def named_colours(opened: Image.Image) -> tuple[int, int]:
    """Return the primaries and the transfer function that a file names (ITU-T H.273, 8), or 0."""
    named = opened.info.get("nclx_profile") or {}
    if named or opened.format not in {"PNG", "AVIF"}:
        return named.get("color_primaries", 0), named.get("transfer_characteristics", 0)
    file: Any = getattr(opened, "fp", None)
    place = file.tell()
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(place)
    found = NAMED_COLOURS[opened.format].search(head)
    return (int.from_bytes(found[1], "big"), int.from_bytes(found[2], "big")) if found else (0, 0)


def profile_of(opened: Image.Image) -> bytes | None:
    """Return the ICC profile of an image; one made of sRGB's for a wide range that is only named.

    A number in a PNG comes before its profile (PNG 3, 4.3), a profile before the number elsewhere.
    """
    embedded: bytes | None = opened.info.get("icc_profile")
    primaries = WIDE_PRIMARIES.get(named_colours(opened)[0])
    if not primaries or (embedded and opened.format != "PNG"):
        return embedded
    profile = bytearray(ImageCms.ImageCmsProfile(SRGB).tobytes())
    for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
        tag = profile.index(name)
        place = int.from_bytes(profile[tag + 4 : tag + 8], "big") + 8  # ICC.1:2022, 10.31
        struct.pack_into(">3i", profile, place, *(round(part * 65536) for part in colour))
    return bytes(profile)


def normalise_upload(upload: UploadedFile) -> None:
    """Makes the picture upright, at most ORIGINAL_WIDTH wide and high, and free of metadata.

    It is done in the upload itself, because Wagtail keeps that of a picture which nobody has
    described yet. What a file is, its content says and not its name.

    A phone writes into a photograph where it was taken (EXIF); none of it is kept but the
    turn, which is carried out. Photographs become JPEG, what may be transparent becomes PNG.
    Raises UnsuitableImageError for an image that would not be shown as it is meant, and one of
    DAMAGED_IMAGE for a file that Pillow can't decode to its end.
    """
    upload.seek(0)
    with ONE_AT_A_TIME, Image.open(upload, formats=READ_FORMATS) as opened:
        check_suitable(opened)
        if opened.format == "JPEG":
            opened.draft("RGB", (ORIGINAL_WIDTH, ORIGINAL_WIDTH))
        for note in ("xmp", "XML:com.adobe.xmp"):
            opened.info.pop(note, None)  # Pillow would turn it by this, which no browser does
        profile = profile_of(opened)
        picture = in_eight_bits(opened)
        picture.thumbnail((ORIGINAL_WIDTH, ORIGINAL_WIDTH))  # first: what follows makes copies
        picture = ImageOps.exif_transpose(picture)
    is_transparent = picture.mode in {"RGBA", "LA"}
    clean = in_srgb(picture, profile)
    clean.info = {}  # the pixels and nothing else
    output = BytesIO()
    stem = (upload.name or "").rpartition(".")[0].strip(". ") or "picture"
    if is_transparent:
        clean.putalpha(picture.getchannel("A"))
        clean.save(output, "PNG", optimize=True)
        upload.name = f"{stem}.png"
    else:
        clean.save(output, "JPEG", quality=90, optimize=True, progressive=True)
        upload.name = f"{stem}.jpg"
    upload.seek(0)
    upload.truncate()
    upload.size = upload.write(output.getvalue())
    upload.seek(0)


def in_eight_bits(opened: ImageFile.ImageFile) -> Image.Image:
    """Return an image in one of Pillow's modes L, LA, RGB, RGBA and CMYK, the same to the eye.

    Pillow cuts 16 bits off at 255 when it converts them.
    """
    clear = clear_colour(opened)
    if opened.mode.startswith("I"):  # 16 bits of grey
        deep = opened.convert("I")
        grey = deep.point([round(value / 257) for value in range(2**16)], "L")
        if clear is not None:
            mask = deep.point([0 if value == clear else 255 for value in range(2**16)], "L")
            grey = Image.merge("LA", (grey, mask))
        return like(opened, grey)
    if clear is not None:
        opened.info["transparency"] = clear
    if clear is not None or opened.mode.lower() in {"pa", "rgba", "la"}:
        mode = "LA" if opened.mode.lower() == "la" else "RGBA"
        return like(opened, opened.convert(mode))
    return opened if opened.mode in {"L", "RGB", "CMYK"} else like(opened, opened.convert("RGB"))


def clear_colour(opened: ImageFile.ImageFile) -> Any:
    """Return the transparent colour as Pillow reads an image's pixels.

    Pillow gives it as the PNG notes it, in the bits of the file (PNG 3, 11.3.1.1).
    """
    clear = opened.info.get("transparency")
    if isinstance(clear, tuple) and opened.tile[0].args == "RGB;16B":
        return tuple(value >> 8 for value in clear)
    if isinstance(clear, int) and opened.mode == "L" and opened.format == "PNG":
        return clear * {"L;2": 85, "L;4": 17}.get(str(opened.tile[0].args), 1)
    return clear


def like(opened: Image.Image, converted: Image.Image) -> Image.Image:
    """Return a converted image with the turn that the opened one notes, and without a clear colour,
    which is now in its alpha channel."""
    converted.info = {"exif": opened.info["exif"]} if "exif" in opened.info else {}
    return converted


# The colour spaces of ICC.1:2022, 7.2.6, and Pillow's modes for them
PROFILE_MODES = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Gives the picture in RGB, in the colours that a browser assumes when no profile says
    otherwise.

    Today's phones write a wider range (Display P3); without its profile it would look dull.
    """
    colours = picture.convert(picture.mode[:-1]) if picture.mode in {"LA", "RGBA"} else picture
    plain = colours.convert("RGB")
    if not profile:
        return plain
    try:
        opened = ImageCms.getOpenProfile(BytesIO(profile))
        mode = PROFILE_MODES.get(profile[16:20], "")
        if not mode or (mode == "CMYK") != (colours.mode == "CMYK"):
            return plain  # a profile of another kind of picture
        colours = colours.convert(mode)
        return ImageCms.profileToProfile(colours, opened, SRGB, outputMode="RGB") or plain
    except ImageCms.PyCMSError:  # a damaged one
        return plain
