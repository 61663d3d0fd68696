"""The VA uploads pictures; visitors get them small, upright and without where they were taken."""

import re
from io import BytesIO

import pytest
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image, ImageCms
from wagtail.models import UploadedFile
from wagtail.search import index

from tests.conftest import SmallSite, picture_bytes
from vasite.content.models import SiteImage
from vasite.content.pictures import ROLES, all_specs, responsive_picture
from vasite.content.tasks import complete_renditions
from vasite.environment import PROJECT_DIR
from vasite.seo.coach import review
from vasite.seo.coach.drafts import Draft


def upload(va: Client, content: bytes, name: str = "photo.jpg", **fields: str):
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    words = {"title": "Photo", "description": "A desk", "collection": "1"} | fields
    return va.post("/admin/images/add/", words | {"file": file})


def phone_photo() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the phone upright
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    return picture_bytes((4000, 3000), exif=exif)


def test_a_phone_photo_of_any_rotation_works(va: Client, site: SmallSite) -> None:
    upload(va, phone_photo())
    image = SiteImage.objects.get()
    assert (image.width, image.height) == (1920, 2560)
    with Image.open(image.file.path) as stored:
        assert not stored.getexif()


def test_the_formats_of_telephones_work(va: Client, site: SmallSite) -> None:
    for kind, name in (("HEIF", "photo.heic"), ("AVIF", "photo.avif"), ("WEBP", "photo.webp")):
        upload(va, picture_bytes((640, 480), kind), name)
    assert {image.filename.rpartition(".")[2] for image in SiteImage.objects.all()} == {"jpg"}
    assert SiteImage.objects.count() == 3


def test_a_telephones_wide_colours_become_a_browsers(va: Client, site: SmallSite) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile that is easy to see at work: its red is green, and its green red.
    names = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}
    swapped = re.sub(b"[rg]XYZ", lambda name: names[name[0]], profile)
    upload(va, picture_bytes((640, 480), icc_profile=swapped))
    upload(va, picture_bytes((640, 480), icc_profile=b"no profile at all"))
    colours = []
    for image in SiteImage.objects.order_by("pk"):
        with Image.open(image.file.path) as stored:
            assert "icc_profile" not in stored.info
            colours.append(stored.getpixel((5, 5)))
    assert colours[0] == pytest.approx((0x5D, 0x2F, 0x50), abs=3)
    assert colours[1] == pytest.approx((0x2F, 0x5D, 0x50), abs=3)


def test_an_image_without_alt_text_is_kept_and_the_start_page_names_it(
    va: Client, site: SmallSite
) -> None:
    assert upload(va, picture_bytes(), title="", description="").status_code == 302
    image = SiteImage.objects.get()
    assert (image.title, image.default_alt_text) == ("photo", "")
    assert "1 image without alt text" in va.get("/admin/").text
    va.post(f"/admin/images/{image.pk}/", {"title": "Desk", "is_decorative": "on"})
    assert SiteImage.objects.get().is_decorative
    assert "without alt text" not in va.get("/admin/").text


def test_an_image_uploaded_from_a_page_without_alt_text_is_kept(
    va: Client, site: SmallSite
) -> None:
    file = SimpleUploadedFile("IMG_1.jpg", picture_bytes(), content_type="image/jpeg")
    fields = {"image-chooser-upload-title": "", "image-chooser-upload-description": ""}
    answer = va.post(
        "/admin/images/chooser/create/",
        fields | {"image-chooser-upload-file": file, "image-chooser-upload-collection": "1"},
    )
    assert answer.json()["step"] == "chosen"
    assert SiteImage.objects.get().title == "IMG_1"


def test_the_seo_checks_name_an_image_without_alt_text(
    va: Client, site: SmallSite, image: SiteImage
) -> None:
    image.description = ""
    site.post.picture = image
    assert "The picture “Desk” has no alt text." in [
        finding.text for finding in review(Draft(site.post))
    ]


def bomb() -> bytes:
    output = BytesIO()
    Image.new("1", (30_000, 30_000)).save(output, "PNG")
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(picture_bytes()[:3000], "cut.jpg", id="broken"),
        pytest.param(b"<?php echo 1; ?>", "shell.jpg", id="disguised"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", id="svg"),
        pytest.param(bomb(), "bomb.png", id="decompression bomb"),
    ],
)
def test_a_bad_file_gets_a_clear_error(
    va: Client, site: SmallSite, content: bytes, name: str
) -> None:
    answer = upload(va, content, name)
    assert answer.status_code == 200
    assert "error-message" in answer.text
    assert not SiteImage.objects.exists()


def test_several_images_at_once_are_kept_from_the_moment_of_upload(
    va: Client, site: SmallSite
) -> None:
    for name in ("photo.JPEG", "desk.JPEG"):
        file = SimpleUploadedFile(name, phone_photo(), content_type="image/jpeg")
        answer = va.post("/admin/images/multiple/add/", {"title": name, "files[]": file}).json()
        assert "Alt text" in answer["form"]
    assert not UploadedFile.objects.exists()
    image = SiteImage.objects.get(title="photo.JPEG")
    assert (image.width, image.height) == (1920, 2560)
    assert image.filename.endswith(".jpg")
    with Image.open(image.file.path) as stored:  # already without where it was taken
        assert not stored.getexif()
    prefix = f"image-{image.pk}"
    words = {f"{prefix}-title": "Photo", f"{prefix}-description": "A desk"}
    assert va.post(f"/admin/images/multiple/{image.pk}/", words).json()["success"]
    image.refresh_from_db()
    assert image.default_alt_text == "A desk"
    assert "1 image without alt text" in va.get("/admin/").text


def test_the_form_and_the_worker_may_index_a_picture_at_the_same_time(image: SiteImage) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's index adds and updates an entry in one statement")
    outside = len(connection.savepoint_ids)
    seen = []

    def note(execute, sql, params, many, context):
        if "wagtailsearch_indexentry" in sql:
            # In a transaction of its own, begun IMMEDIATE: the other one waits.
            seen.append(len(connection.savepoint_ids) > outside)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        index.insert_or_update_object(image)
    assert seen
    assert all(seen)


def test_visitors_get_modern_formats_made_by_the_worker(
    client: Client, site: SmallSite, image: SiteImage, work
) -> None:
    site.post.picture = image
    site.post.save()
    before = client.get("/blog/on-trust/").text
    assert image.file.url in before
    assert not image.renditions.exists()  # no visitor's request makes one
    work()
    assert image.renditions.count() == len(all_specs(image))
    page = client.get("/blog/on-trust/").text
    assert '<source type="image/avif"' in page
    assert '<source type="image/webp"' in page
    assert 'fetchpriority="high"' in page
    assert re.search(r'width="640" height="42[67]"', page)
    picture = responsive_picture(SiteImage.objects.get(), ROLES["body"])
    assert "320w" in picture.srcset


def test_a_small_picture_is_not_blown_up(image: SiteImage) -> None:
    widths = [int(re.search(r"-(\d+)", spec)[1]) for spec in all_specs(image)[:-3]]
    assert max(widths) == 1200
    thin = SiteImage(width=40, height=4000, file="thin.png")
    assert ROLES["card"].operations(thin) == ["fill-40x25"]


def test_templates_ask_only_for_pictures_that_the_worker_makes() -> None:
    tag = re.compile(r"{%\s*(picture|image|srcset_image|image_url)\b([^%]*)%}")
    roles = []
    for path in (PROJECT_DIR / "templates").rglob("*.html"):
        if path.is_relative_to(PROJECT_DIR / "templates" / "admin"):
            continue
        for name, arguments in tag.findall(path.read_text()):
            assert name == "picture", f"{path}: use {{% picture … role=… %}}"
            roles += re.findall(r'role="([\w-]+)"', arguments)
            assert roles[-1] in ROLES, f"{path}: the role must be one of {list(ROLES)}"
    assert set(roles) == set(ROLES)


def two_colours(size: tuple[int, int], split: tuple[int, int]) -> ImageFile:
    """A green picture whose upper left corner, up to the split, is red."""
    picture = Image.new("RGB", size, "#00ff00")
    picture.paste("#ff0000", (0, 0, *split))
    output = BytesIO()
    picture.save(output, "PNG")
    return ImageFile(BytesIO(output.getvalue()), name="two.png")


def pixel_of_card(image: SiteImage, across: float = 0.5) -> tuple[int, int, int]:
    picture = responsive_picture(SiteImage.objects.get(pk=image.pk), ROLES["card"])
    name = picture.url.removeprefix("/media/")
    with default_storage.open(name) as file, Image.open(file) as opened:
        return opened.convert("RGB").getpixel((int(opened.width * across), opened.height // 2))


def test_an_upright_portrait_keeps_its_head(db: None, work) -> None:
    image = SiteImage.objects.create(title="Me", file=two_colours((600, 1600), (600, 600)))
    work()
    assert pixel_of_card(image)[0] > 200  # the upper third, not the middle


def test_a_focal_point_chosen_once_serves_every_crop(va: Client, site: SmallSite, work) -> None:
    image = SiteImage.objects.create(
        title="Two", description="Two colours", file=two_colours((1600, 600), (400, 600))
    )
    work()
    assert pixel_of_card(image, 0.1)[1] > 200
    focal_point = {"x": "200", "y": "300", "width": "100", "height": "100"}
    fields = {"title": "Two", "description": "Two colours", "collection": "1"}
    fields |= {f"focal_point_{name}": value for name, value in focal_point.items()}
    assert va.post(f"/admin/images/{image.pk}/", fields).status_code == 302
    work()
    assert pixel_of_card(image, 0.1)[0] > 200
    crops = image.renditions.filter(filter_spec__startswith="fill-")
    assert crops.values("focal_point_key").distinct().count() == 1  # the old ones are gone


def test_a_picture_gets_what_it_lacks_overnight(db: None, image: SiteImage, work) -> None:
    work()
    image.renditions.filter(filter_spec__contains="avif").delete()
    complete_renditions.call()
    work()
    assert image.renditions.count() == len(all_specs(image))
