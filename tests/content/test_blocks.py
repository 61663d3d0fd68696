"""Every block in its empty, its usual and its very long state."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from vasite.content.blocks import ContentBlocks, VideoBlock
from vasite.content.prices import Price, pounds
from vasite.content.video import parse_video_url

BLOCKS = ContentBlocks()
LONG = "Pneumonoultramicroscopicsilicovolcanoconiosisandthensomemore" * 3


def stretched(value):
    """Gives the value with each text in it very long."""
    if isinstance(value, dict):
        return {key: one if key == "unit" else stretched(one) for key, one in value.items()}
    if isinstance(value, list):
        return [stretched(one) for one in value] * 12
    return LONG if isinstance(value, str) and not value.isdigit() else value


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(BLOCKS.child_blocks))
@pytest.mark.parametrize("state", ["empty", "usual", "long"])
def test_block_renders(name: str, state: str) -> None:
    block = BLOCKS.child_blocks[name]
    usual = block.meta.preview_value
    value = {
        "empty": block.get_default,
        "usual": lambda: block.normalize(usual),
        "long": lambda: block.normalize(stretched(usual)),
    }[state]()
    html = block.render(value)
    assert "None" not in html
    if state == "long" and name != "picture":
        assert LONG in html


@pytest.mark.parametrize("name", list(BLOCKS.child_blocks))
def test_block_has_a_preview_in_the_chooser(va: Client, name: str) -> None:
    block = BLOCKS.child_blocks[name]
    answer = va.get("/admin/block-preview/", {"id": block.definition_prefix})
    assert answer.status_code == 200
    assert "site.css" in answer.text


@pytest.mark.parametrize(
    ("url", "embed"),
    [
        ("https://www.youtube.com/watch?v=abcdefghijk", "youtube-nocookie.com/embed/abcdefghijk"),
        ("https://youtu.be/abcdefghijk?t=3", "youtube-nocookie.com/embed/abcdefghijk"),
        ("https://vimeo.com/12345", "player.vimeo.com/video/12345"),
    ],
)
def test_known_videos_are_embedded(url: str, embed: str) -> None:
    assert embed in parse_video_url(url).embed_url


def test_an_unknown_video_host_is_named_as_the_fault() -> None:
    with pytest.raises(ValidationError) as error:
        VideoBlock().clean({"url": "https://evil.example/v", "title": "A video"})
    assert "YouTube and Vimeo" in str(error.value.block_errors)


@pytest.mark.parametrize(
    ("amount", "words"),
    [(30, "£30"), ("27.5", "£27.50"), (1250, "£1,250"), (0, "£0"), (None, ""), ("x", "")],
)
def test_prices_are_written_as_people_write_them(amount: object, words: str) -> None:
    assert pounds(amount) == words


def test_a_price_says_what_it_is_for() -> None:
    assert str(Price(Decimal(30), "hour", is_from=True)) == "From £30 an hour"
    assert str(Price(Decimal(280))) == "£280"
    assert str(Price(Decimal("12.50"), "month")) == "£12.50 a month"
