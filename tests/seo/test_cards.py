"""A link to a page is shown with a card of its own."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageColor
from wagtail.models import Page

from tests.conftest import SmallSite
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.seo.cards import CREAM, SIZE, card_name, draw_card, refresh_card
from vasite.seo.tasks import refresh_cards
from vasite.serving.models import TaskFault


def test_it_works(client: Client, site: SmallSite, image: SiteImage, work) -> None:
    site.post.picture = image
    site.post.save_revision().publish()
    work()
    page = client.get("/blog/on-trust/").text
    answer = client.get(card_address(page))
    assert answer.status_code == 200
    with Image.open(BytesIO(b"".join(answer.streaming_content))) as card:
        assert card.size == SIZE
    assert '<meta name="twitter:card" content="summary_large_image">' in page


@pytest.mark.parametrize("is_above", [False, True], ids=["the page", "the page above"])
def test_crawler_gets_the_card_of_a_page_as_soon_as_it_is_no_longer_private(
    client: Client,
    va: Client,
    site: SmallSite,
    is_above: bool,
    django_capture_on_commit_callbacks: Any,
) -> None:
    page = site.blog if is_above else site.post
    privacy = reverse("wagtailadmin_pages:set_privacy", args=[page.pk])
    with django_capture_on_commit_callbacks(execute=True):
        va.post(privacy, {"restriction_type": "login"})
    assert client.get("/blog/on-trust/").status_code == 302
    assert not default_storage.exists(card_name(site.post))
    with django_capture_on_commit_callbacks(execute=True):
        va.post(privacy, {"restriction_type": "none"})
    card = card_address(client.get("/blog/on-trust/").text)
    assert card_name(site.post) in card
    assert client.get(card).status_code == 200


def card_address(page: str) -> str:
    """Return the path of the card that a page names."""
    found = page.partition('property="og:image" content="http://127.0.0.1:8000')[2]
    return found.partition('"')[0]


def test_dark_ink_of_a_transparent_picture_is_seen_on_its_card(site: SmallSite) -> None:
    ink = BytesIO()
    Image.new("RGBA", (400, 400)).save(ink, "PNG")  # what is clear is black beneath
    file = ImageFile(ink, name="ink.png")
    site.post.cover = SiteImage.objects.create(title="Ink", description="A pear", file=file)
    default_storage.delete(card_name(site.post))
    refresh_card(site.post)
    with default_storage.open(card_name(site.post)) as drawn, Image.open(drawn) as card:
        assert card.convert("RGB").getpixel((1000, 300)) == ImageColor.getrgb(CREAM)


def test_a_card_is_drawn_anew_only_when_it_changes(site: SmallSite) -> None:
    default_storage.delete(card_name(site.post))  # a page of another test had the same number
    assert refresh_card(site.post)
    assert not refresh_card(site.post)
    site.post.title = "On more trust"
    assert refresh_card(site.post)
    BusinessSettings.objects.update(name="Teme Office")
    assert refresh_card(site.post)
    assert default_storage.size(card_name(site.post)) < 100_000


def test_pages_that_came_by_another_way_get_theirs(site: SmallSite) -> None:
    default_storage.delete(card_name(site.service))
    refresh_cards.call()
    assert default_storage.exists(card_name(site.service))


@pytest.mark.parametrize("length", [0, 20, 100, 1000])
def test_visitor_gets_whole_cards_where_one_was_damaged(site: SmallSite, length: int) -> None:
    default_storage.delete(card_name(site.contact))
    refresh_card(site.home)
    damaged = Path(default_storage.path(card_name(site.home)))
    damaged.write_bytes(damaged.read_bytes()[:length])
    refresh_cards.call()
    for page in (site.home, site.contact):
        with default_storage.open(card_name(page)) as file, Image.open(file) as card:
            card.load()
            assert card.size == SIZE


@pytest.mark.parametrize("length", [0, 100, 4000, None])
def test_owner_with_a_damaged_upload_has_its_card_drawn_without_the_picture(
    site: SmallSite, image: SiteImage, length: int | None
) -> None:
    upload = Path(default_storage.path(image.file.name))
    whole = upload.read_bytes()
    upload.unlink() if length is None else upload.write_bytes(whole[:length])
    site.post.picture = image
    site.post.save()
    for page in (site.post, site.contact):
        default_storage.delete(card_name(page))
    refresh_cards.call()
    assert default_storage.exists(card_name(site.contact))
    assert picture_colour(site.post) == CREAM
    assert not TaskFault.objects.exists()
    assert not refresh_card(site.post)
    upload.write_bytes(whole)
    assert refresh_card(site.post)
    assert picture_colour(site.post) != CREAM


def picture_colour(page: Page) -> str:
    """The colour of a card's corner, where a picture would be."""
    with default_storage.open(card_name(page)) as file, Image.open(file) as card:
        colour = card.convert("RGB").getpixel((SIZE[0] - 1, SIZE[1] - 1))
    return "#{:02x}{:02x}{:02x}".format(*colour)


@pytest.mark.parametrize(
    "title",
    ["x", "W" * 255, "word " * 51, "Zażółć gęślą jaźń", "مرحبا بك", "👋🏽 hello", "", "\u200f"],
    ids=["short", "one word", "long", "accents", "Arabic", "emoji", "empty", "mark"],
)
def test_any_title_is_drawn(title: str) -> None:
    assert draw_card(title, title or "x", None).size == SIZE
