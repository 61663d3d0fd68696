"""Whatever picture an owner uploads: its colours and edges are right, or the reason is said."""

from __future__ import annotations

import math
import re
import struct
import zlib
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageColor
from PIL.PngImagePlugin import PngInfo
from wagtail.users.models import UserProfile

from tests.conftest import SmallSite
from vasite.content.models import SiteImage

SIZE = (64, 64)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk, after its first."""
    return png[:33] + chunk(name, data) + png[33:]


def png_of(bits: int, colour_type: int, rows: list[bytes]) -> bytes:
    """A PNG of depths that Pillow doesn't write."""
    head = struct.pack(">2I5B", *SIZE, bits, colour_type, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\x00" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


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


def icc_profile(
    space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", connection: bytes = b"XYZ "
) -> bytes:
    """A profile of ICC.1:2001, of a display if nothing else is said."""
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
        ">I4sI4s4s4s", place + len(data), bytes(4), 0x02400000, kind, space, connection
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
PROPHOTO = icc_profile(
    b"RGB ",
    {
        b"rXYZ": xyz(0.79767, 0.28804, 0.0),
        b"gXYZ": xyz(0.13519, 0.71187, 0.0),
        b"bXYZ": xyz(0.03134, 0.00009, 0.82491),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(1.8)),
    },
)


def press() -> bytes:
    """A profile of inks that is easy to see at work: its cyan is red, its black is black."""
    ramp = bytes(range(256))
    paper, ink = bytes((255, 128, 128)), bytes((136, 208, 195))  # L*a*b*, the ink sRGB's red
    black = bytes((0, 128, 128))
    head = bytes((4, 3, 2, 0)) + struct.pack(">9i", *(65536, 0, 0, 0) * 2, 65536)
    lut = icc_tag(b"mft1", head + ramp * 4 + (paper + black) * 4 + (ink + black) * 4 + ramp * 3)
    return icc_profile(b"CMYK", {b"A2B0": lut}, b"prtr", b"Lab ")


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


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_clear_grey_of_few_bits_is_clear(va: Client, site: SmallSite, bits: int) -> None:
    highest = 2**bits - 1
    rows = bytes([0b11110000]) * SIZE[0] if bits == 1 else bytes([0xFF, 0x00]) * (SIZE[0] // 2)
    content = png_of(bits, 0, [bytes(row) for row in [rows[: SIZE[0] * bits // 8]] * SIZE[1]])
    content = with_chunk(content, b"tRNS", struct.pack(">H", highest))
    assert upload(va, content).status_code == 302
    with Image.open(SiteImage.objects.get().file.path) as stored:
        shown = {stored.convert("RGBA").getpixel((across, 5)) for across in range(16)}
    assert {opacity for *_, opacity in shown} == {0, 255}
    assert (0, 0, 0, 255) in shown


@pytest.mark.parametrize("clear", [(0x1234, 0x4000, 0xC000), (0x00F0, 0x00A0, 0x0010)])
def test_a_clear_colour_of_sixteen_bits_is_clear(
    va: Client, site: SmallSite, clear: tuple[int, int, int]
) -> None:
    row = struct.pack(">3H", *clear) * 32 + struct.pack(">3H", 0x8080, 0x8080, 0x8080) * 32
    content = with_chunk(png_of(16, 2, [row] * SIZE[1]), b"tRNS", struct.pack(">3H", *clear))
    assert pixel(va, content)[3] == 0
    SiteImage.objects.all().delete()
    assert pixel(va, content, at=50) == pytest.approx((0x80, 0x80, 0x80, 255), abs=2)


@pytest.mark.parametrize("place", [16, 18, 20, 36, 128, 131, 140, 300])
def test_a_profile_with_a_damaged_byte_costs_no_picture(
    va: Client, site: SmallSite, place: int
) -> None:
    profile = bytearray(ADOBE_RGB)
    profile[place] ^= 0xFF
    content = file_of(Image.new("RGB", SIZE, "red"), icc_profile=bytes(profile))
    assert pixel(va, content)[3] == 255


# A colour in Display P3 and in BT.2020 (sRGB's curve), and the same in sRGB
WIDE = {12: ((200, 100, 50), (216, 93, 31)), 9: ((160, 128, 96), (178, 126, 92))}


@pytest.mark.parametrize("primaries", WIDE)
@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIF"])
def test_a_wide_range_that_a_file_only_names_looks_right(
    va: Client, site: SmallSite, kind: str, primaries: int
) -> None:
    given, shown = WIDE[primaries]
    image = Image.new("RGB", SIZE, given)
    if kind == "PNG":
        content = with_chunk(file_of(image), b"cICP", bytes([primaries, 13, 0, 1]))
    elif kind == "AVIF":
        content = file_of(image, "AVIF", quality=100)
        content = content.replace(b"colrnclx\x00\x01", b"colrnclx" + struct.pack(">H", primaries))
    else:
        content = file_of(
            image,
            "HEIF",
            quality=100,
            save_nclx_profile=True,
            color_primaries=primaries,
            transfer_characteristics=13,
            matrix_coefficients=6,
            full_range_flag=1,
        )
    assert pixel(va, content) == pytest.approx((*shown, 255), abs=4)


@pytest.mark.parametrize(
    ("inks", "profile", "shown"),
    [
        pytest.param((255, 0, 0, 0), press(), (255, 0, 0), id="inks of the profile"),
        pytest.param((0, 255, 0, 0), press(), (255, 255, 255), id="paper of the profile"),
        pytest.param((255, 0, 0, 0), None, (0, 255, 255), id="no profile"),
        pytest.param((255, 0, 0, 0), ADOBE_RGB, (0, 255, 255), id="profile of a display"),
    ],
)
def test_a_picture_for_the_press_has_its_colours(
    va: Client, site: SmallSite, inks: tuple[int, ...], profile: Any, shown: tuple[int, ...]
) -> None:
    options = {"icc_profile": profile} if profile else {}
    content = file_of(Image.new("CMYK", SIZE, inks), "JPEG", quality=100, **options)
    assert pixel(va, content, "photo.jpg") == pytest.approx((*shown, 255), abs=10)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_colours_of_prophoto(va: Client, site: SmallSite, kind: str) -> None:
    options = {"quality": 100} if kind == "JPEG" else {}
    content = file_of(Image.new("RGB", SIZE, (110, 100, 90)), kind, icc_profile=PROPHOTO, **options)
    # By the standard's own equations
    assert pixel(va, content) == pytest.approx((141, 117, 107, 255), abs=3)


def test_the_first_picture_of_a_double_lens_is_shown(va: Client, site: SmallSite) -> None:
    content = file_of(COLOURS[0], "MPO", save_all=True, append_images=COLOURS[1:], quality=100)
    assert pixel(va, content, "photo.jpg") == pytest.approx((255, 0, 0, 255), abs=4)


# The quarters of the file, in the order in which they are seen: EXIF 2.32, 4.6.4.A
QUARTERS = [ImageColor.getrgb(colour) for colour in ("red", "lime", "blue", "white")]
TURNS = {1: "0123", 2: "1032", 3: "3210", 4: "2301", 5: "0213", 6: "2031", 7: "3120", 8: "1302"}


XMP_TURNED = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


def turned(kind: str, turn: int, **options: Any) -> bytes:
    """A photograph of four colours as a phone writes it, with its turn and where it was taken."""
    exif, image = Image.Exif(), Image.new("RGB", (400, 200))
    exif[0x0112] = turn
    exif.get_ifd(0x8825)[1] = "N"
    for number, colour in enumerate(QUARTERS):
        left, top = number % 2 * 200, number // 2 * 100
        image.paste(colour, (left, top, left + 200, top + 100))
    # HEIC and AVIF are turned by boxes of their own, which Pillow writes for this
    return file_of(image, kind, exif=exif.tobytes(), **options)


def quarters(image: Image.Image) -> str:
    """The numbers of the colours at the four corners."""
    corners = image.convert("RGB").resize((4, 4), Image.Resampling.NEAREST)
    seen = [corners.getpixel(place) for place in [(0, 0), (3, 0), (0, 3), (3, 3)]]
    nearest = [min(QUARTERS, key=lambda one: math.dist(one, colour)) for colour in seen]
    return "".join(str(QUARTERS.index(one)) for one in nearest)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_photo_is_upright_however_the_phone_was_held(
    va: Client, site: SmallSite, kind: str, turn: int
) -> None:
    upload(va, turned(kind, turn))
    with Image.open(SiteImage.objects.get().file.path) as stored:
        assert stored.size == ((400, 200) if turn < 5 else (200, 400))
        assert not stored.getexif()
        assert quarters(stored) == TURNS[turn]


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_no_public_file_of_a_photo_is_turned_or_says_where_it_was_taken(
    va: Client, site: SmallSite, work: Any, settings: Any, tmp_path: Path, kind: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    upload(va, turned(kind, 6, xmp=XMP_TURNED))
    site.post.picture = SiteImage.objects.get()
    site.post.save_revision().publish()
    work()
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in paths} == {"original_images", "images", "cards"}
    for path in paths:
        with Image.open(path) as file:
            assert not file.getexif(), path
            assert not {"exif", "xmp"} & set(file.info), path
            if path.parent.name == "cards":
                if path.stem != str(site.post.pk):
                    continue
                file = file.crop((740, 0, 1200, 630))
            assert quarters(file)[:2] == TURNS[6][:2], path  # a broad one is cut out above


def test_a_photo_that_was_turned_already_is_not_turned_again(va: Client, site: SmallSite) -> None:
    image, exif = Image.new("RGB", (40, 20)), Image.Exif()
    exif[0x0112] = 6
    # Without the box these are no more than notes: ISO/IEC 23008-12, A.2.2
    boxed = [file_of(image, "AVIF", xmp=XMP_TURNED), file_of(image, "HEIF", exif=exif)]
    assert not any(b"irot" in content for content in boxed)
    note = PngInfo()
    note.add_itxt("XML:com.adobe.xmp", XMP_TURNED.decode())
    # Browsers turn these by their EXIF alone, which is gone
    noted = [file_of(image, kind, xmp=XMP_TURNED) for kind in ("JPEG", "WEBP")]
    for content in (*boxed, *noted, file_of(image, "PNG", pnginfo=note)):
        upload(va, content)
    assert [(one.width, one.height) for one in SiteImage.objects.all()] == [(40, 20)] * 5


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
@pytest.mark.parametrize("name", ["a.jpeg", "a.png", "a.heic", "a.webp", "photo", "a.txt", "..."])
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
    png = with_chunk(file_of(COLOURS[0]), b"cICP", bytes([9, transfer, 0, 1]))
    assert "This is an HDR image" in said(upload(va, png))
    assert not SiteImage.objects.exists()


def tiff(order: str, tag: int, kind: int, count: int) -> bytes:
    """Return the head of a TIFF with one tag, whose value is 1."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}IHHHII", 8, 1, tag, kind, count, 1) + bytes(40)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(file_of(COLOURS[0].convert("LAB"), "TIFF"), "This is a TIFF file", id="LAB"),
        pytest.param(file_of(Image.new("F", SIZE), "TIFF"), "This is a TIFF file", id="float"),
        pytest.param(file_of(COLOURS[0], "BMP"), "This is a Windows bitmap file", id="BMP"),
        pytest.param(file_of(COLOURS[0], "PDF"), "This is a PDF file", id="PDF"),
        pytest.param(file_of(COLOURS[0], "JPEG2000"), "This is a JPEG 2000 file", id="JPEG 2000"),
        pytest.param(tiff("<", 50706, 1, 4), "This is a raw (DNG) file", id="DNG of a telephone"),
        pytest.param(tiff(">", 50706, 1, 4), "This is a raw (DNG) file", id="DNG of a camera"),
        pytest.param(tiff(">", 254, 4, 1), "This is a raw file", id="NEF"),
        pytest.param(tiff("<", 254, 4, 1), "This is a raw file", id="ARW"),
        pytest.param(b"II*\0\x10\0\0\0CR\2\0" + bytes(60), "This is a raw (CR2) file", id="CR2"),
        pytest.param(b"IIRO\x08" + bytes(60), "This is a raw file", id="ORF"),
        pytest.param(b"8BPS\x00\x01" + bytes(40), "This is a Photoshop file", id="PSD"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is an SVG file", id="SVG"),
        pytest.param(b"\xef\xbb\xbf\n<svg/>", "This is an SVG file", id="SVG with a BOM"),
        pytest.param(
            b"<?xml version='1.0'?><!-- Made by hand --><!DOCTYPE svg><svg><script/></svg>",
            "This is an SVG file",
            id="SVG with a script",
        ),
        pytest.param(b"<!DOCTYPE html><p>Hello", "can't be read as a picture", id="HTML"),
        pytest.param(b"<?xml version='1.0'?><feed/>", "can't be read as a picture", id="XML"),
        pytest.param(b"\x00\x00\x00\x20ftypisom" + bytes(60), "This is a video", id="MP4"),
        pytest.param(b"\x00\x00\x00\x14ftypqt  " + bytes(60), "This is a video", id="MOV"),
        pytest.param(b"\x1aE\xdf\xa3" + bytes(60), "This is a video", id="WebM"),
        pytest.param(b"\x00\x00\x00\x18ftypcrx " + bytes(60), "This is a raw (CR3)", id="CR3"),
        pytest.param(file_of(COLOURS[0], "ICO"), "This is an icon (ICO) file", id="ICO"),
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


def test_a_profile_picture_says_nothing_of_where_it_was_taken(va: Client, site: SmallSite) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the phone upright
    exif.get_ifd(0x8825)[1] = "N"
    photo = file_of(Image.new("RGB", (800, 600), "red"), "JPEG", exif=exif)
    for content, name in ((photo, "me.jpg"), (file_of(COLOURS[0], "TIFF"), "me.jpg")):
        answer = va.post(
            "/admin/account/",
            {
                "avatar-avatar": SimpleUploadedFile(name, content),
                "name_email-email": "va@example.com",
                "locale-preferred_language": "",
                "theme-theme": "system",
                "theme-contrast": "system",
                "theme-density": "default",
                "theme-keyboard_shortcuts": "on",
            },
        )
        assert answer.status_code == (302 if content == photo else 200)
    assert "This is a TIFF file" in said(answer)
    with Image.open(UserProfile.objects.get().avatar.path) as stored:
        assert not stored.getexif()
        assert stored.size == (300, 400)
