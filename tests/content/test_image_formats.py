"""Whatever picture an owner uploads: its colours and edges are right, or the reason is said."""

from __future__ import annotations

import re
import struct
import zlib
from html import unescape
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.conftest import SmallSite
from vasite.content.models import SiteImage

SIZE = (64, 64)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def upload(va: Client, content: bytes, name: str = "photo.png") -> Any:
    file = SimpleUploadedFile(name, content)
    fields = {"title": "Photo", "description": "A desk", "collection": "1", "file": file}
    return va.post("/admin/images/add/", fields)


def said(answer: Any) -> str:
    words = re.findall(r'class="error-message"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", " ".join(words))).split())


def pixel(va: Client, content: bytes, name: str = "photo.png", at: int = 5) -> tuple[int, ...]:
    """The colour and the opacity of a pixel of what is kept."""
    answer = upload(va, content, name)
    assert answer.status_code == 302, said(answer)
    with Image.open(SiteImage.objects.get().file.path) as stored:
        assert "icc_profile" not in stored.info
        return stored.convert("RGBA").getpixel((at, 5))


def icc_tag(kind: bytes, body: bytes) -> bytes:
    data = kind + bytes(4) + body
    return data + bytes(-len(data) % 4)


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A display profile of ICC.1:2001."""
    text = b"A test\x00"
    tags = {
        b"desc": icc_tag(b"desc", struct.pack(">I", len(text)) + text + bytes(78)),
        b"cprt": icc_tag(b"text", b"None\x00"),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        **tags,
    }
    place, table, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", place + len(data), len(body))
        data += body
    head = struct.pack(
        ">I4sI4s4s4s", place + len(data), bytes(4), 0x02400000, b"mntr", space, b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + table + data


def xyz(*values: float) -> bytes:
    return icc_tag(b"XYZ ", struct.pack(">3i", *(round(value * 65536) for value in values)))


def gamma(value: float) -> bytes:
    return icc_tag(b"curv", struct.pack(">IH", 1, round(value * 256)) + bytes(2))


LINEAR_GREY = icc_profile(b"GRAY", {b"kTRC": gamma(1.0)})
ADOBE_RGB = icc_profile(
    b"RGB ",
    {
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(2.19921875)),
    },
)
LINEAR_128 = 188  # sRGB of half the light


def test_sixteen_bits_of_grey_stay_grey(va: Client, site: SmallSite) -> None:
    grey = Image.new("I;16", SIZE, 0x7272)
    assert pixel(va, file_of(grey)) == pytest.approx((0x72, 0x72, 0x72, 255), abs=2)


def test_a_clear_grey_of_sixteen_bits_is_clear(va: Client, site: SmallSite) -> None:
    grey = Image.new("I;16", SIZE, 0x1234)
    grey.paste(0x7272, (0, 0, 32, 64))
    content = file_of(grey, transparency=0x1234)
    assert pixel(va, content) == pytest.approx((0x72, 0x72, 0x72, 255), abs=2)
    SiteImage.objects.all().delete()
    assert pixel(va, content, at=50)[3] == 0


def test_sixteen_bits_of_grey_with_a_profile(va: Client, site: SmallSite) -> None:
    content = file_of(Image.new("I;16", SIZE, 0x8080), icc_profile=LINEAR_GREY)
    assert pixel(va, content) == pytest.approx((LINEAR_128,) * 3 + (255,), abs=3)


@pytest.mark.parametrize("opacity", [255, 128, 0])
def test_grey_with_opacity_and_a_grey_profile(va: Client, site: SmallSite, opacity: int) -> None:
    content = file_of(Image.new("LA", SIZE, (128, opacity)), icc_profile=LINEAR_GREY)
    found = pixel(va, content)
    assert found[3] == opacity
    if opacity:
        assert found[:3] == pytest.approx((LINEAR_128,) * 3, abs=3)


def palette(colours: list[int], **options: Any) -> bytes:
    image = Image.new("P", SIZE, 0)
    image.putpalette(colours)
    image.paste(1, (32, 0, 64, 64))
    return file_of(image, icc_profile=ADOBE_RGB, **options)


# Adobe RGB (128, 96, 64) is sRGB (140, 96, 61), by the standard's own equations
BROWN, BROWN_IN_SRGB = [128, 96, 64], (140, 96, 61, 255)


def test_a_palette_has_a_profile_too(va: Client, site: SmallSite) -> None:
    assert pixel(va, palette([*BROWN, 0, 0, 0])) == pytest.approx(BROWN_IN_SRGB, abs=2)


@pytest.mark.parametrize("clear", [1, b"\xff\x00"], ids=["a colour", "a table"])
def test_a_palette_with_a_profile_and_a_clear_colour(
    va: Client, site: SmallSite, clear: int | bytes
) -> None:
    content = palette([*BROWN, 0, 0, 0], transparency=clear)
    assert pixel(va, content) == pytest.approx(BROWN_IN_SRGB, abs=2)
    SiteImage.objects.all().delete()
    assert pixel(va, content, at=50)[3] == 0


@pytest.mark.parametrize(
    ("mode", "colour", "clear"),
    [
        pytest.param("RGB", (128, 96, 64), (1, 2, 3), id="another clear colour"),
        pytest.param("RGBA", (128, 96, 64, 255), None, id="RGBA"),
        pytest.param("RGB", (128, 96, 64), None, id="RGB"),
    ],
)
def test_colours_of_adobe_rgb(
    va: Client, site: SmallSite, mode: str, colour: Any, clear: Any
) -> None:
    options = {"transparency": clear} if clear else {}
    content = file_of(Image.new(mode, SIZE, colour), icc_profile=ADOBE_RGB, **options)
    assert pixel(va, content) == pytest.approx(BROWN_IN_SRGB, abs=2)


@pytest.mark.parametrize(
    ("mode", "kind", "colour", "profile", "expected"),
    [
        pytest.param("L", "PNG", 128, LINEAR_GREY, LINEAR_128, id="grey, grey profile"),
        pytest.param("L", "JPEG", 128, LINEAR_GREY, LINEAR_128, id="grey JPEG"),
        pytest.param("L", "PNG", 128, ADOBE_RGB, 128, id="grey, colour profile"),
        pytest.param("RGB", "PNG", (128,) * 3, LINEAR_GREY, LINEAR_128, id="colour, grey profile"),
        pytest.param("RGB", "PNG", (128,) * 3, b"none", 128, id="damaged profile"),
        pytest.param("1", "PNG", 1, None, 255, id="one bit"),
        pytest.param("LA", "WEBP", (128, 255), None, 128, id="WebP"),
        pytest.param("RGBA", "AVIF", (128,) * 3 + (255,), None, 128, id="AVIF"),
    ],
)
def test_greys_stay_grey(
    va: Client, site: SmallSite, mode: str, kind: str, colour: Any, profile: Any, expected: int
) -> None:
    options = {"icc_profile": profile} if profile else {}
    content = file_of(Image.new(mode, SIZE, colour), kind, **options)
    found = pixel(va, content)
    assert found == pytest.approx((expected,) * 3 + (255,), abs=4)


def test_the_turn_of_a_converted_picture_is_carried_out(va: Client, site: SmallSite) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("P", (40, 20))
    upload(va, file_of(image, exif=exif, icc_profile=ADOBE_RGB))
    stored = SiteImage.objects.get()
    assert (stored.width, stored.height) == (20, 40)


COLOURS = [Image.new("RGB", SIZE, colour) for colour in ("red", "green", "blue")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("GIF", "a.gif"), ("WEBP", "a.webp"), ("PNG", "a.png"), ("AVIF", "a.avif"), ("GIF", "a.jpg")],
)
def test_an_owner_is_told_that_an_animation_would_stand_still(
    va: Client, site: SmallSite, kind: str, name: str
) -> None:
    content = file_of(COLOURS[0], kind, save_all=True, append_images=COLOURS[1:], duration=100)
    assert "This image is animated" in said(upload(va, content, name))
    assert not SiteImage.objects.exists()
    assert upload(va, file_of(COLOURS[0], kind), name).status_code == 302


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF"])
@pytest.mark.parametrize("name", ["a.jpeg", "a.png", "a.heic", "a.webp", "photo", "a.txt"])
def test_a_picture_is_known_by_its_content(
    va: Client, site: SmallSite, kind: str, name: str
) -> None:
    assert pixel(va, file_of(COLOURS[0], kind), name) == pytest.approx((255, 0, 0, 255), abs=6)
    assert SiteImage.objects.get().filename.endswith(".jpg")


def heic(transfer: int, bits: int = 10) -> bytes:
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    image = pillow_heif.from_bytes("RGB;16", SIZE, b"\x00\x80" * (3 * SIZE[0] * SIZE[1]))
    output = BytesIO()
    options = {"color_primaries": 9, "transfer_characteristics": transfer, "full_range_flag": 1}
    image.save(output, quality=90, save_nclx_profile=True, matrix_coefficients=6, **options)
    return output.getvalue()


@pytest.mark.parametrize("bits", [10, 12])
def test_a_heic_of_more_than_eight_bits_is_read(va: Client, site: SmallSite, bits: int) -> None:
    content = heic(13, bits)
    assert pixel(va, content, "photo.heic") == pytest.approx((128, 128, 128, 255), abs=4)


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "hybrid log-gamma"])
def test_an_owner_is_told_that_hdr_would_look_wrong(
    va: Client, site: SmallSite, transfer: int
) -> None:
    assert "This is an HDR image" in said(upload(va, heic(transfer), "photo.heic"))
    png = file_of(COLOURS[0])
    chunk = b"cICP" + bytes([9, transfer, 0, 1])
    chunk = struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    png = png[:33] + chunk + png[33:]
    assert "This is an HDR image" in said(upload(va, png))
    assert not SiteImage.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(file_of(COLOURS[0].convert("LAB"), "TIFF"), "This is a TIFF file", id="LAB"),
        pytest.param(file_of(Image.new("F", SIZE), "TIFF"), "This is a TIFF file", id="float"),
        pytest.param(file_of(COLOURS[0], "BMP"), "This is a Windows bitmap file", id="BMP"),
        pytest.param(file_of(COLOURS[0], "PDF"), "This is a PDF file", id="PDF"),
        pytest.param(file_of(COLOURS[0], "JPEG2000"), "This is a JPEG 2000 file", id="JPEG 2000"),
        pytest.param(b"8BPS\x00\x01" + bytes(40), "This is a Photoshop file", id="PSD"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is a SVG file", id="SVG"),
        pytest.param(b"\x00\x00\x00\x18ftypmsf1" + bytes(60), "This kind of HEIC", id="sequence"),
        pytest.param(file_of(COLOURS[0], "HEIF")[:200], "This kind of HEIC", id="cut HEIC"),
        pytest.param(file_of(COLOURS[0])[:60], "can't be read as a picture", id="cut PNG"),
        pytest.param(b"GIF89a", "can't be read as a picture", id="cut GIF"),
        pytest.param(b"Hello", "can't be read as a picture", id="text"),
        pytest.param(
            file_of(Image.new("1", (8001, 8001))), "has too many pixels (64016001)", id="pixels"
        ),
    ],
)
def test_an_owner_is_told_what_is_wrong_with_a_file(
    va: Client, site: SmallSite, content: bytes, words: str
) -> None:
    for name in ("photo.jpg", "photo.heic"):
        assert words in said(upload(va, content, name))
    assert not SiteImage.objects.exists()
