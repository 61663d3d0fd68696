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
from wagtail.models import Collection, CollectionViewRestriction

from newsletter.models import Campaign
from tests.conftest import SmallSite, picture_bytes
from vasite.content.models import SiteImage, SiteRendition
from vasite.content.pictures import all_specs
from vasite.content.private_images import PREFIX
from vasite.content.renditions import missing_renditions
from vasite.content.tasks import complete_renditions, move_private_images

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
    assert missing_renditions(image) == []


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
    assert missing_renditions(other) == []


def test_owner_of_a_large_image_has_other_work_done_between_two_files(
    image: SiteImage, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    complete_renditions.call()
    work()
    assert missing_renditions(image) == []


@pytest.mark.parametrize("is_private", [False, True])
def test_owner_sees_whole_thumbnails_in_place_of_damaged_ones(
    va: Client, image: SiteImage, work: Callable[[], None], is_private: bool
) -> None:
    if is_private:
        collection = Collection.get_first_root_node().add_child(name="Clients")
        CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
        image.collection = collection
        image.save()
        move_private_images.call()
        image = SiteImage.objects.get()
    work()
    va.get("/admin/images/")
    image.get_rendition("width-480|format-jpeg")  # as a letter shows it
    shown = image.renditions.exclude(filter_spec__in=all_specs(image))
    assert len(shown) == 2
    for damaged in shown:
        path_of(damaged).write_bytes(path_of(damaged).read_bytes()[:100])
    complete_renditions.call()
    work()
    for whole in SiteRendition.objects.filter(pk__in=[one.pk for one in shown]):
        with whole.file.open() as file, Image.open(file) as opened:
            opened.load()
    assert whole.file.name.startswith(PREFIX) is is_private
    assert image.renditions.count() == (2 if is_private else 2 + len(all_specs(image)))


@pytest.mark.parametrize("length", [0, 100, 4000])
def test_owner_with_a_damaged_upload_has_the_library_and_is_told_by_the_newsletter_with_it(
    va: Client, site: SmallSite, image: SiteImage, length: int
) -> None:
    upload = Path(default_storage.path(image.file.name))
    upload.write_bytes(upload.read_bytes()[:length])
    for page in ("", f"{image.pk}/"):
        assert va.get(f"/admin/images/{page}").status_code == 200
    picture = {"picture": image, "caption": ""}
    letter = Campaign.objects.create(subject="Spring", body=[("picture", picture)])
    assert "Something in it is faulty" in va.get(letter.admin_url).text
