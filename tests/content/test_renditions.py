"""A file of an image that a power cut or a full disk left damaged is made anew."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from tests.conftest import SmallSite, picture_bytes
from vasite.content.models import SiteImage, SiteRendition
from vasite.content.pictures import all_specs
from vasite.content.renditions import missing_renditions
from vasite.content.tasks import complete_renditions

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "head": lambda content: content[:100],
    "half": lambda content: content[: len(content) // 2],
    "short": lambda content: content[:-1],
}


def path_of(rendition: SiteRendition) -> Path:
    return Path(default_storage.path(rendition.file.name))


def rendition_of(image: SiteImage, kind: str) -> SiteRendition:
    return image.renditions.filter(filter_spec__endswith=kind).first()


@pytest.mark.parametrize(
    ("kind", "damage"),
    [("avif", "head"), ("avif", "short"), ("webp", "half"), ("webp", "short"), ("jpeg", "empty")],
)
def test_visitor_gets_a_whole_file_in_place_of_a_damaged_one(
    client: Client,
    image: SiteImage,
    work: Callable[[], None],
    kind: str,
    damage: str,
) -> None:
    work()
    damaged = rendition_of(image, kind)
    old_url = damaged.url
    path_of(damaged).write_bytes(DAMAGE[damage](path_of(damaged).read_bytes()))
    complete_renditions.call()
    work()
    whole = SiteRendition.objects.get(pk=damaged.pk)
    assert whole.url != old_url  # which browsers keep for a year
    assert client.get(old_url).status_code == 404
    with Image.open(BytesIO(b"".join(client.get(whole.url).streaming_content))) as opened:
        opened.load()
        assert (opened.width, opened.height) == (whole.width, whole.height)
    assert image.get_rendition(whole.filter_spec).url == whole.url


def test_visitor_gets_a_file_that_was_deleted(
    client: Client, image: SiteImage, work: Callable[[], None]
) -> None:
    work()
    gone = rendition_of(image, "avif")
    path_of(gone).unlink()
    complete_renditions.call()
    work()
    assert client.get(SiteRendition.objects.get(pk=gone.pk).url).status_code == 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_operator_has_nothing_made_anew_that_is_whole(
    db: None, work: Callable[[], None], kind: str
) -> None:
    file = ImageFile(BytesIO(picture_bytes((900, 500), kind)), name=f"desk.{kind.lower()}")
    image = SiteImage.objects.create(title="Desk", file=file)
    work()
    assert image.renditions.count() == len(all_specs(image))
    assert missing_renditions(image) == {}


def test_owner_with_one_damaged_upload_has_the_other_images_made(
    site: SmallSite, image: SiteImage, work: Callable[[], None]
) -> None:
    file = ImageFile(BytesIO(picture_bytes()), name="shelf.jpg")
    other = SiteImage.objects.create(title="Shelf", file=file)
    work()
    upload = Path(default_storage.path(image.file.name))
    upload.write_bytes(upload.read_bytes()[:100])
    for one in (image, other):
        one.renditions.filter(filter_spec__contains="avif").delete()
    complete_renditions.call()
    work()
    assert missing_renditions(other) == {}


def test_owner_of_a_large_image_has_other_work_done_between_two_files(
    image: SiteImage, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    complete_renditions.call()
    work()
    assert missing_renditions(image) == {}
