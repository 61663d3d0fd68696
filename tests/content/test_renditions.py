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
from tests.bucket import bucket_server
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
    # Of the right length, but a power cut came before its data
    "zeros": lambda content: bytes(len(content)),
    "first page": lambda content: content[:4096] + bytes(len(content) - 4096),
    "gap": lambda content: content[:4096] + bytes(4096) + content[8192:],
    "last page": lambda content: content[: (len(content) - 1) // 4096 * 4096].ljust(
        len(content), b"\0"
    ),
}


def path_of(rendition: SiteRendition) -> Path:
    return Path(default_storage.path(rendition.file.name))


def rendition_of(image: SiteImage, ending: str) -> SiteRendition:
    return image.renditions.filter(filter_spec__endswith=ending).first()


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        *(("avif", "head"), ("avif", "short"), ("webp", "half"), ("webp", "short")),
        *(("jpeg", "empty"), ("jpeg", "zeros")),
        *(
            (kind, damage)
            for kind in ("avif", "webp", "jpeg")
            for damage in ("first page", "gap", "last page")
        ),
    ],
)
def test_visitor_gets_a_whole_file_in_place_of_a_damaged_one(
    client: Client,
    db: None,
    work: Callable[[], None],
    kind: str,
    damage: str,
) -> None:
    noise = BytesIO()
    Image.effect_noise((500, 300), 40).save(noise, "JPEG")
    image = SiteImage.objects.create(title="Sand", file=ImageFile(noise, name="sand.jpg"))
    work()
    damaged = rendition_of(image, f"width-500|format-{kind}")
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


def test_visitor_gets_a_file_that_the_bucket_has_lost(
    client: Client, db: None, settings: Any, work: Callable[[], None]
) -> None:
    with bucket_server() as port:
        settings.MEDIA_BUCKET = {
            **{"access_key": "key", "secret_key": "secret", "bucket_name": "media"},
            "endpoint_url": f"http://127.0.0.1:{port}",
        }
        bucket = {
            "BACKEND": "vasite.serving.bucket.BucketStorage",
            "OPTIONS": settings.MEDIA_BUCKET | {"file_overwrite": False},
        }
        settings.STORAGES = settings.STORAGES | {"default": bucket}
        file = ImageFile(BytesIO(picture_bytes((200, 100))), name="desk.jpg")
        image = SiteImage.objects.create(title="Desk", file=file)
        work()
        gone, other = rendition_of(image, "avif"), rendition_of(image, "webp")
        default_storage.delete(gone.file.name)
        complete_renditions.call()
        work()
        assert client.get(SiteRendition.objects.get(pk=gone.pk).url).status_code == 200
        assert SiteRendition.objects.get(pk=other.pk).url == other.url


def test_owner_keeps_the_file_of_one_colour_that_holds_many_zeros(
    db: None, work: Callable[[], None]
) -> None:
    file = ImageFile(BytesIO(picture_bytes((2240, 1400))), name="wall.jpg")
    image = SiteImage.objects.create(title="Wall", file=file)
    spec = "width-2240|format-jpeg"
    image.get_rendition(spec)
    assert spec in missing_renditions(image)
    work()
    rendition = image.renditions.get(filter_spec=spec)
    complete_renditions.call()
    work()
    assert image.renditions.get(filter_spec=spec).url == rendition.url


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
