"""Documents and images of a private collection are given to nobody who may not see them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

from tests.conftest import SmallSite, picture_bytes
from vasite.content.models import SiteImage
from vasite.content.private_images import move_image
from vasite.content.tasks import move_private_images
from vasite.seo.cards import card_name

Work = Callable[[], None]
Commit = Callable[[], AbstractContextManager[Any]]
SECRET = b"%PDF-1.4 what the client pays"


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Any:
    """Commit what is done within it, as a request does."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def collection(db: None) -> Collection:
    return Collection.get_first_root_node().add_child(name="Clients")


def upload_document(collection: Collection, name: str = "contract.pdf") -> Document:
    file = ContentFile(SECRET, name)
    return Document.objects.create(title="Contract", file=file, collection=collection)


def upload_image(collection: Collection, more: str = "") -> SiteImage:
    file = ImageFile(BytesIO(picture_bytes()), name=f"passport-{token_hex(4)}{more}.jpg")
    return SiteImage.objects.create(
        title="Passport", description="A passport", file=file, collection=collection
    )


def make_private(va: Client, collection: Collection, kind: str = "login") -> None:
    va.post(
        reverse("wagtailadmin_collections:set_privacy", args=[collection.pk]),
        {"restriction_type": kind, "password": "swordfish" if kind == "password" else ""},
    )
    assert CollectionViewRestriction.objects.filter(collection=collection).exists()


def public_files() -> set[str]:
    """Every file that a web server may hand out."""
    root = settings.MEDIA_ROOT
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def public_files_of(image: SiteImage) -> set[str]:
    stem = Path(image.file.name).stem.partition("_")[0]
    return {name for name in public_files() if stem in name}


def is_served(path: str) -> bool:
    return Client().get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/media/documents/{name}",
        "/media/./documents/{name}",
        "/media/x/../documents/{name}",
        "/media//documents/{name}",
        "/media/Documents/{name}",
        "/media/%64ocuments/{name}",
        "/media/images/..%2fdocuments/{name}",
        "/media/../private/documents/{name}",
        "/media/private/documents/{name}",
    ],
)
@pytest.mark.parametrize("name", ["contract.pdf", "Ärger & Co.txt", "sheet.xlsx"])
def test_document_is_served_by_no_address_but_its_own(
    collection: Collection, path: str, name: str
) -> None:
    document = upload_document(collection, name)
    file_name = Path(document.file.name).name
    assert Client().get(path.format(name=file_name)).status_code in {301, 400, 404}
    assert file_name not in {Path(name).name for name in public_files()}
    assert is_served(document.url)
    assert b"".join(Client().get(document.url)) == SECRET


@pytest.mark.parametrize("kind", ["login", "password", "groups"])
def test_document_of_a_collection_made_private_later_is_not_served(
    va: Client, collection: Collection, kind: str
) -> None:
    document = upload_document(collection)
    assert is_served(document.url)
    restriction = CollectionViewRestriction(
        collection=collection, restriction_type=kind, password="swordfish"
    )
    restriction.save()
    restriction.groups.set([Group.objects.get(name="Editors")])
    answer = Client().get(document.url)
    assert SECRET not in b"".join(answer)
    assert answer.status_code in ({200} if kind == "password" else {302})


def test_image_with_a_long_name_becomes_private_like_any_other(
    va: Client, commit: Commit, collection: Collection
) -> None:
    """PostgreSQL takes no name that is longer than its column; SQLite takes any."""
    image = upload_image(collection, more="x" * 100)
    with commit():
        make_private(va, collection)
    image.refresh_from_db()
    assert image.file.name.startswith("private/")
    assert len(image.file.name) <= 100
    assert default_storage.open(image.file.name).read() == picture_bytes()
    assert public_files_of(image) == set()


def test_image_that_cannot_be_moved_leaves_no_other_in_public(
    va: Client, commit: Commit, collection: Collection
) -> None:
    first, second = upload_image(collection), upload_image(collection)
    path = Path(first.file.path)
    kept = path.rename(path.with_suffix(".kept"))
    path.mkdir()  # so that it can't be read
    with commit():
        make_private(va, collection)
    second.refresh_from_db()
    assert second.file.name.startswith("private/")
    path.rmdir()
    kept.rename(path)
    move_private_images.call()
    first.refresh_from_db()
    assert first.file.name.startswith("private/")


def test_image_that_two_requests_hide_at_once_is_kept(
    va: Client, commit: Commit, collection: Collection
) -> None:
    image = upload_image(collection)
    default_storage.save(f"private/{image.file.name}", ContentFile(b"of another image"))
    with commit():
        make_private(va, collection)
    with commit():
        move_image(image)  # as it was before
    image.refresh_from_db()
    assert default_storage.open(image.file.name).read() == picture_bytes()


@pytest.mark.parametrize("is_long", [False, True], ids=["short", "long"])
def test_owner_who_makes_many_images_private_has_other_work_done_meanwhile(
    va: Client,
    work: Work,
    commit: Commit,
    collection: Collection,
    settings: Any,
    is_long: bool,
) -> None:
    if is_long:
        settings.HIDING_SECONDS = settings.SLICE_SECONDS = 0
    images = [upload_image(collection) for _ in range(3)]
    work()
    with commit():
        make_private(va, collection)
    left = [image for image in images if public_files_of(image)]
    assert len(left) == (2 if is_long else 0)
    with commit():
        work()
    assert [image for image in images if public_files_of(image)] == []
    assert DBTaskResult.objects.failed().count() == 0


def test_owner_who_makes_many_images_public_has_other_work_done_between(
    va: Client, work: Work, commit: Commit, collection: Collection, settings: Any
) -> None:
    make_private(va, collection)
    images = [upload_image(collection) for _ in range(3)]
    work()
    settings.SLICE_SECONDS = 0
    with commit():
        CollectionViewRestriction.objects.all().delete()
    assert [image for image in images if public_files_of(image)] == []
    move_private_images.call()
    assert len([image for image in images if public_files_of(image)]) == 1
    work()
    assert all(public_files_of(image) for image in images)


def test_image_of_a_collection_made_private_later_leaves_the_public_folder(
    site: SmallSite, va: Client, work: Work, commit: Commit, collection: Collection
) -> None:
    image = upload_image(collection)
    work()
    rendition_urls = [rendition.url for rendition in image.renditions.all()]
    urls = [image.file.url, *rendition_urls]
    assert len(urls) > 10
    assert all(is_served(url) for url in urls)
    assert public_files_of(image)

    with commit():
        make_private(va, collection)
    assert [url for url in urls if is_served(url)] == []
    image = SiteImage.objects.get(pk=image.pk)
    assert image.file.name.startswith("private/")
    assert not is_served(f"/media/{image.file.name}")
    work()
    assert public_files_of(image) == set()

    thumbnail = image.get_rendition("max-165x165")
    assert va.get(thumbnail.url).status_code == 200
    assert va.get(image.file.url)["Cache-Control"].startswith("private, no-store")
    assert Client().get(thumbnail.url).status_code == 302
    assert thumbnail.url in va.get(reverse("wagtailimages:index")).text

    with commit():
        va.post(
            reverse("wagtailadmin_collections:set_privacy", args=[collection.pk]),
            {"restriction_type": "none"},
        )
    work()
    image = SiteImage.objects.get(pk=image.pk)
    assert is_served(image.file.url)
    assert all(is_served(rendition.url) for rendition in image.renditions.all())


def test_image_uploaded_to_a_private_collection_is_never_public(
    site: SmallSite, va: Client, work: Work, commit: Commit, collection: Collection
) -> None:
    with commit():
        make_private(va, collection)
    inner = collection.add_child(name="2026")
    image = upload_image(inner)
    work()
    image.get_rendition("width-400")
    assert public_files_of(image) == set()


@pytest.mark.parametrize("way", ["edit", "bulk action", "collection moved"])
def test_image_that_comes_into_a_private_collection_becomes_private(
    site: SmallSite, va: Client, work: Work, commit: Commit, collection: Collection, way: str
) -> None:
    make_private(va, collection)
    other = Collection.get_first_root_node().add_child(name="Open")
    image = upload_image(other)
    work()
    url = image.file.url
    assert is_served(url)
    with commit():
        if way == "edit":
            image.collection = collection
            image.save()
        elif way == "bulk action":
            action = reverse(
                "wagtail_bulk_action", args=["content", "siteimage", "add_to_collection"]
            )
            va.post(f"{action}?id={image.pk}", {"collection": collection.pk})
        else:
            va.post(
                reverse("wagtailadmin_collections:edit", args=[other.pk]),
                {"name": "Open", "parent": collection.pk},
            )
    assert not is_served(url)
    assert public_files_of(image) == set()


def test_private_image_is_on_no_page_feed_sitemap_or_card(
    site: SmallSite, va: Client, work: Work, commit: Commit, collection: Collection
) -> None:
    image = upload_image(collection)
    site.post.picture = image
    site.post.body = [("text", "<p>Words.</p>")]
    site.post.save_revision().publish()
    work()
    card = default_storage.open(card_name(site.post)).read()
    places = ["/", "/blog/", "/blog/on-trust/", "/feed/", "/sitemap.xml"]
    assert sum("passport" in Client().get(path).text for path in places) >= 3

    with commit():
        make_private(va, collection)
    assert not default_storage.exists(card_name(site.post))
    assert [path for path in places if "passport" in Client().get(path).text] == []
    assert [path for path in places if "/admin/media" in Client().get(path).text] == []
    work()
    assert default_storage.open(card_name(site.post)).read() != card

    with commit():
        CollectionViewRestriction.objects.all().delete()
    move_private_images.call()
    assert default_storage.exists(card_name(site.post))
    work()
    assert default_storage.open(card_name(site.post)).read() == card


@pytest.mark.parametrize("way", ["private", "private above", "unpublished", "deleted"])
def test_card_of_a_page_that_nobody_may_see_is_deleted(
    site: SmallSite, work: Work, commit: Commit, way: str
) -> None:
    site.post.save_revision().publish()
    work()
    url = f"/media/{card_name(site.post)}"
    assert is_served(url)
    page = Page.objects.get(pk=site.blog.pk if way == "private above" else site.post.pk)
    with commit():
        if way.startswith("private"):
            restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
        elif way == "unpublished":
            page.unpublish()
        else:
            page.delete()
    assert not is_served(url)
    work()
    assert not is_served(url)
    if way.startswith("private"):
        with commit():
            restriction.delete()
        work()
        assert is_served(url)


def test_documents_of_an_older_version_are_moved_out_of_the_public_folder(
    collection: Collection,
) -> None:
    old = settings.MEDIA_ROOT / "documents" / "old-contract.pdf"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_bytes(SECRET)
    document = Document.objects.create(
        title="Old", file="documents/old-contract.pdf", collection=collection
    )
    migration: Any = importlib.import_module("vasite.content.migrations.0003_private_documents")
    migration.move_out(apps, None)
    migration.move_out(apps, None)
    assert not old.exists()
    assert b"".join(Client().get(document.url)) == SECRET
    migration.move_back(apps, None)
    assert old.exists()
    migration.move_out(apps, None)


def test_private_image_is_shown_to_nobody_without_rights_on_images(
    site: SmallSite, collection: Collection
) -> None:
    CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
    image = upload_image(collection)
    writer = User.objects.create_user("writer", password="x")
    client = Client()
    client.force_login(writer)
    assert client.get(image.file.url).status_code == 302
    writer.groups.add(Group.objects.get(name="Editors"))
    assert client.get(image.file.url).status_code == 200
