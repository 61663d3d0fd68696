"""What the editor sends (Draft.js' raw content state), repaired so that storing it keeps each word.

Wagtail's exporter (draftjs_exporter 5, read in Wagtail 7.4) leaves out, without an error, a block
of a type or a link of a kind that the field does not have, and a list item that hangs on nothing
or changes its list's kind half-way; it fails on links that overlap.
"""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any

from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

from vasite.characters import clean_data, clean_text
from vasite.serving.numbers import is_number

LIST_ITEMS = {"ordered-list-item", "unordered-list-item"}
LINKS = {"LINK", "DOCUMENT"}  # the entities that are laid around words; others replace them
MAX_DEPTH = 4  # of nested lists, as in the editor


class KeepingConverter(ContentstateConverter):
    """Store every word that the editor sent."""

    def to_database_format(self, contentstate_json: str) -> str:
        try:
            state = self.repair(json.loads(contentstate_json))
        except (ValueError, RecursionError):  # no JSON, or lists in lists without end
            state = self.repair(contentstate_json)
        return self.exporter.render(state)

    def repair(self, state: Any) -> dict[str, Any]:
        """Return a content state of blocks, styles and links that the exporter knows."""
        if not isinstance(state, dict):  # not the editor's: text at least
            state = {"blocks": [{"text": state if isinstance(state, str) else ""}]}
        entities = state.get("entityMap")
        entities = clean_data(entities) if isinstance(entities, dict) else {}
        entities = {key: entity for key, entity in entities.items() if self.knows(entity)}
        blocks = state.get("blocks")
        blocks = [block for block in blocks or () if isinstance(block, dict)]
        above: list[str] = []  # the kinds of the lists that are open
        repaired = []
        for block in blocks:
            kind, depth = self.kind_of(block), 0
            if kind in LIST_ITEMS:
                depth = min(whole_number(block.get("depth")), len(above), MAX_DEPTH)
                if 0 < depth < len(above):
                    kind = above[depth]  # one list has one kind
                above = [*above[:depth], kind]
            else:
                above = []
            styles = self.exporter.style_options
            repaired.append(repair_text(block, entities, styles) | {"type": kind, "depth": depth})
        return {"blocks": repaired, "entityMap": entities}

    def kind_of(self, block: dict[str, Any]) -> str:
        kind = block.get("type")
        is_text = isinstance(kind, str) and kind not in {"atomic", "fallback"}
        return str(kind) if is_text and kind in self.exporter.block_options else "unstyled"

    def knows(self, entity: Any) -> bool:
        """Tell whether the field has this kind of link, and the link leads somewhere."""
        if not isinstance(entity, dict) or not isinstance(entity.get("data"), dict):
            return False
        kind, data = entity.get("type"), entity["data"]
        row, url = data.get("id"), data.get("url")  # that of a row goes first
        is_complete = isinstance(url, str) if row is None else is_number(str(row))
        return is_complete and kind in LINKS and kind in self.exporter.entity_options


def repair_text(
    block: dict[str, Any], entities: dict[str, Any], known_styles: Container[Any]
) -> dict[str, Any]:
    """Return a block with its text cleaned, and the styles and links where they belong in it.

    The exporter would write the name of any other style into the log.
    """
    text = block.get("text")
    text = text if isinstance(text, str) else ""
    # Where each character stands once those before it are cleaned away
    places = [0]
    for character in text:
        places.append(places[-1] + len(clean_text(character)))

    def moved(ranges: Any, fits: Any) -> list[dict[str, Any]]:
        found = []
        for one in ranges if isinstance(ranges, list) else ():
            if isinstance(one, dict) and fits(one):
                start = min(whole_number(one.get("offset")), len(text))
                end = min(start + whole_number(one.get("length")), len(text))
                if places[start] < places[end]:
                    place = {"offset": places[start], "length": places[end] - places[start]}
                    found.append(one | place)
        return sorted(found, key=lambda one: int(one["offset"]))

    links: list[dict[str, Any]] = []
    for link in moved(block.get("entityRanges"), lambda one: str(one.get("key")) in entities):
        if not links or link["offset"] >= links[-1]["offset"] + links[-1]["length"]:
            links.append(link)
    styles = moved(
        block.get("inlineStyleRanges"),
        lambda one: isinstance(one.get("style"), str) and one["style"] in known_styles,
    )
    return {
        **block,
        "key": str(block.get("key") or ""),
        "text": clean_text(text),
        "inlineStyleRanges": styles,
        "entityRanges": links,
    }


def whole_number(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 0
