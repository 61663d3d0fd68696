"""Whatever the editor sends, the owner finds each of her words again."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SmallSite
from vasite.characters import clean_text
from vasite.content.contentstate import KeepingConverter
from vasite.content.rich_text import plain_text
from vasite.content.widgets import WaitingRichTextArea

FEATURES = [
    pytest.param(None, id="all features"),
    pytest.param(["bold", "italic", "link"], id="a remark's features"),
]
KINDS = [
    *("unstyled", "header-one", "header-two", "header-three", "header-four", "header-six"),
    *("ordered-list-item", "unordered-list-item", "blockquote", "code-block", "atomic", "fallback"),
    *("", "FALLBACK", None, 7),
]


def stored(state: Any, features: list[str] | None = None) -> str:
    widget = WaitingRichTextArea(features=features)
    text = state if isinstance(state, str) else json.dumps(state)
    return widget.value_from_datadict({"text": text}, {}, "text")


def block(text: str, kind: Any = "unstyled", depth: Any = 0, **more: Any) -> dict[str, Any]:
    return {"key": "abcde", "text": text, "type": kind, "depth": depth} | more


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param([("ordered-list-item", 1)], id="a. with nothing above"),
        pytest.param([("unordered-list-item", 2), ("ordered-list-item", 1)], id="o and i."),
        pytest.param(
            [("unordered-list-item", 0), ("unordered-list-item", 1), ("ordered-list-item", 1)],
            id="a list that changes its kind",
        ),
        pytest.param(
            [("ordered-list-item", 0), ("ordered-list-item", 3), ("ordered-list-item", 4)],
            id="levels left out",
        ),
        pytest.param([("unstyled", 2), ("header-two", 1)], id="paragraphs with a depth"),
        pytest.param([("blockquote", 0), ("code-block", 0)], id="kinds that we don't have"),
    ],
)
def test_an_owner_finds_each_line_of_a_list_again(
    features: list[str] | None, kinds: list[tuple[str, int]]
) -> None:
    lines = [("unstyled", 0), *kinds, ("unstyled", 0), *kinds]
    blocks = [block(f"Line {number} ", *line) for number, line in enumerate(lines)]
    html = stored({"blocks": blocks, "entityMap": {}}, features)
    assert re.findall(r"Line \d", html) == [f"Line {number}" for number in range(len(lines))]
    again = json.loads(WaitingRichTextArea(features=features).format_value(html))
    texts = [one["text"].strip() for one in again["blocks"] if one["text"].strip()]
    assert texts == [f"Line {number}" for number in range(len(lines))]


WORDS = st.text(st.sampled_from("abc \n<&\x00\x0b\ud800😀"), max_size=12)
RANGES = st.lists(
    st.fixed_dictionaries(
        {
            "offset": st.integers(-2, 20),
            "length": st.integers(-2, 20),
            "style": st.sampled_from(["BOLD", "ITALIC", "CODE"]),
            "key": st.integers(0, 5),
        }
    ),
    max_size=4,
)
ENTITIES = {
    "0": {"type": "LINK", "mutability": "MUTABLE", "data": {"url": "https://example.org/"}},
    "1": {"type": "LINK", "mutability": "MUTABLE", "data": {}},
    "2": {"type": "IMAGE", "mutability": "IMMUTABLE", "data": {"id": 1}},
    "3": {"type": "DOCUMENT", "mutability": "MUTABLE", "data": {"id": 1, "url": "/x"}},
    "4": None,
}


@given(
    st.lists(
        st.tuples(WORDS, st.sampled_from(KINDS), st.integers(-1, 9), RANGES, RANGES), max_size=8
    )
)
def test_no_text_is_lost_whatever_its_kind_depth_styles_and_links(rows: list[Any]) -> None:
    blocks = [
        block(text, kind, depth, inlineStyleRanges=styles, entityRanges=links)
        for text, kind, depth, styles, links in rows
    ]
    for features in (None, ["bold", "link"]):
        html = stored({"blocks": blocks, "entityMap": ENTITIES}, features)
        html.encode()
        assert clean_text(html) == html
        words = "".join("".join(clean_text(row[0]) for row in rows).split())
        assert "".join(plain_text(html).split()) == words


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("Words, and no JSON", id="no JSON"),
        pytest.param('"Words, and no JSON"', id="a string"),
        pytest.param('{"blocks": [{"text": "Words, and no JSON"}, 1, null]}', id="bare blocks"),
        pytest.param(
            '{"blocks": [{"text": "Words, and no JSON", "depth": "x", "entityRanges": 3}]}',
            id="odd values",
        ),
        pytest.param(
            '{"blocks": [{"text": "Words, and no JSON", "type": ["unstyled"], "key": {}}]}',
            id="a list as the kind",
        ),
        pytest.param(
            f'{{"blocks": [{{"text": "Words, and no JSON", "x": {"[" * 9999}{"]" * 9999}}}]}}',
            id="lists in lists",
        ),
        pytest.param(
            f'{{"blocks": [{{"text": "Words, and no JSON", "depth": {"9" * 5000}}}]}}',
            id="a long number",
        ),
    ],
)
def test_words_that_are_no_content_state_become_a_paragraph(sent: str) -> None:
    assert "Words, and no JSON" in plain_text(stored(sent))


@pytest.mark.parametrize("sent", ["[]", "7", "null", "{}", '{"blocks": null}', '{"blocks": [{}]}'])
def test_what_holds_no_words_is_empty(sent: str) -> None:
    assert plain_text(stored(sent)).strip() == ""


def test_a_style_that_the_editor_does_not_have_is_not_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    styles = [{"offset": 0, "length": 5, "style": "\ud800 private words"}]
    sent = {"blocks": [block("Words", inlineStyleRanges=styles)], "entityMap": {}}
    assert plain_text(stored(sent)).strip() == "Words"
    assert not caplog.records


def test_a_style_stays_on_its_word_when_a_character_before_it_goes() -> None:
    text = "x \ud800\x02 bold"
    ranges = [{"offset": 5, "length": 4, "style": "BOLD"}]
    html = stored({"blocks": [block(text, inlineStyleRanges=ranges)], "entityMap": {}})
    assert "x  <b>bold</b>" in html


NO_ROWS = ["abc", True, {}, "²", "٣", 0, -1, 1.5, 10**30, "9" * 5000, " 3 "]


@pytest.mark.parametrize("row", NO_ROWS, ids=lambda row: repr(row)[:20])
@pytest.mark.parametrize("kind", ["LINK", "DOCUMENT"])
def test_a_link_to_what_can_be_no_page_or_document_is_its_words(kind: str, row: Any) -> None:
    """Such a link would be an error on the page, for every visitor."""
    entity = {"type": kind, "mutability": "MUTABLE", "data": {"id": row, "url": "/x/"}}
    whole = [{"offset": 0, "length": 5, "key": 0}]
    html = stored({"blocks": [block("Words", entityRanges=whole)], "entityMap": {"0": entity}})
    assert "<a" not in html
    assert plain_text(html).strip() == "Words"


def test_the_editor_of_each_field_keeps_words(site: SmallSite) -> None:
    text = site.post.body.stream_block.child_blocks["text"]
    assert isinstance(text.field.widget.converter, KeepingConverter)
