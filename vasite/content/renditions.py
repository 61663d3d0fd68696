"""The files that the worker makes of an image: made where they are missing, replaced if damaged."""

from __future__ import annotations

import math
import time
from operator import attrgetter

from django.conf import settings
from django.core.files.storage import default_storage
from wagtail.images.models import Filter

from vasite.content.models import SiteImage, SiteRendition
from vasite.content.pictures import all_specs, focal_point_key, made

PAGE_BYTES = 4096  # of a file in memory, which Linux writes as one
PNG_END = b"IEND\xaeB`\x82"  # PNG 3, 11.2.5


def missing_renditions(image: SiteImage) -> list[str]:
    """Return the specs of which an image has no file, or a damaged one."""
    wanted = wanted_renditions(image)
    return [spec for spec, found in wanted if found is None or is_damaged(found)]


def wanted_renditions(image: SiteImage) -> list[tuple[str, SiteRendition | None]]:
    """Return the specs of all files that an image should have, with those that it has: what
    visitors are shown, unless it is private, and what the admin and emails have asked for."""
    specs = all_specs(image) if image.is_public else []
    found = {rendition.filter_spec: rendition for rendition in made(image, specs)}
    others = sorted(image.renditions.all(), key=attrgetter("pk"))
    return [
        *((spec, found.get(spec)) for spec in specs),
        *((other.filter_spec, other) for other in others if other.filter_spec not in specs),
    ]


def make_missing_renditions(image: SiteImage, start: int = 0, seconds: float = math.inf) -> int:
    """Make the files that an image lacks, and at the end drop those cut otherwise.

    Begin at a place in `wanted_renditions`. Return the place to go on from if that takes longer
    than some seconds, or 0 when all are made.
    """
    wanted = wanted_renditions(image)
    until = time.monotonic() + seconds
    for place, (spec, found) in enumerate(wanted[start:], start + 1):
        if found is None:
            image.get_rendition(Filter(spec=spec))
        elif is_damaged(found):
            replace(found)
        if place < len(wanted) and time.monotonic() >= until:
            return place
    specs = all_specs(image)
    cut = image.renditions.filter(filter_spec__in=specs, filter_spec__startswith="fill")
    cut.exclude(focal_point_key=focal_point_key(image)).delete()
    return 0


def replace(rendition: SiteRendition) -> None:
    """Make a rendition's file anew, under another name: browsers keep the damaged one."""
    made_anew = rendition.image.generate_rendition_file(Filter(spec=rendition.filter_spec))
    made_anew.seek(0)
    if made_anew.read() == content_of(rendition):  # one of a single colour may hold as many zeros
        return
    old_name = rendition.file.name
    rendition.file = made_anew
    rendition.save()
    rendition.purge_from_cache()
    if rendition.file.name != old_name:  # as it is if the old file was gone
        default_storage.delete(old_name)


def is_damaged(rendition: SiteRendition) -> bool:
    """Return whether a rendition's file is gone, cut short or was never written in full.

    A bucket takes a file whole or not at all: it is asked whether it has it, as each look into one
    would be a download.
    """
    if settings.MEDIA_BUCKET:
        return not default_storage.exists(rendition.file.name)
    return not is_whole(content_of(rendition))


def content_of(rendition: SiteRendition) -> bytes:
    """Return what a rendition's file holds; nothing if it can't be read."""
    try:
        with default_storage.open(rendition.file.name) as file:
            return bytes(file.read())
    except OSError:
        return b""


def is_whole(content: bytes) -> bool:
    """Return whether an image file ends where its format says and has no page that is all zeros,
    as a power cut leaves it where the disk had its length but not its data.

    Not decoded: a site has tens of thousands of them, fifty for each image, and zeros within a WebP
    or JPEG decode without an error.
    """
    pages = (content[start : start + PAGE_BYTES] for start in range(0, len(content), PAGE_BYTES))
    if not all(any(page) for page in pages):
        return False
    if content.startswith(b"\x89PNG"):
        return content.endswith(PNG_END)
    if content.startswith(b"\xff\xd8"):
        return content.endswith(b"\xff\xd9")
    if content.startswith(b"RIFF"):
        return len(content) == 8 + int.from_bytes(content[4:8], "little")
    place = 0  # AVIF: boxes, each with its length first (ISO/IEC 14496-12, 4.2)
    while content[place + 4 : place + 8].isalnum():
        length = int.from_bytes(content[place : place + 4])
        if length < 8:
            break
        place += length
    return place == len(content) > 0
