"""A page as the checks see it: taken apart into what can be weak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any

from django.utils.html import strip_tags

from vasite.business.models import BusinessSettings
from vasite.content.models import ContentPage, SiteImage
from vasite.content.rich_text import EDITOR_KEY
from vasite.serving.numbers import is_number

PARAGRAPH = re.compile(r"<(?:p|li)(?: [^>]*)?>(.*?)</(?:p|li)>", re.DOTALL)
LINK = re.compile(r"<a ([^>]*)>(.*?)</a>", re.DOTALL)
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Picture:
    """A picture of the page with the alt text that it has there."""

    image: SiteImage
    alt: str
    is_decorative: bool
    place: str


@dataclass(frozen=True)
class Paragraph:
    text: str
    place: str

    @property
    def word_count(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True)
class Link:
    """A link of the text: to a page of the site by its key, or to an address."""

    text: str
    page_id: int | None
    address: str
    place: str


@dataclass
class Draft:
    """A page that is being written, or one that is published.

    `has_title` is told from outside: the editor's form fills an empty title in.
    """

    page: ContentPage
    has_title: bool = True
    business: BusinessSettings = field(default_factory=BusinessSettings.load)

    @property
    def kind(self) -> str:
        """The page's model, such as "blogpostpage"."""
        return str(self.page._meta.model_name)

    @property
    def search_title(self) -> str:
        """What stands as the title of a search result, without the business's name."""
        return self.page.seo_title or self.page.title

    @property
    def title_field(self) -> str:
        return "seo_title" if self.page.seo_title else "title"

    @property
    def description(self) -> str:
        """What the writer said of the page; not what is taken from its text otherwise."""
        return self.page.search_description or self.page.introduction

    @property
    def description_field(self) -> str:
        return "search_description" if self.page.search_description else "introduction"

    @property
    def search_phrase(self) -> str:
        return " ".join(self.page.search_phrase.lower().split())

    @cached_property
    def text(self) -> str:
        return self.page.text

    @cached_property
    def word_count(self) -> int:
        return len(self.text.split())

    @cached_property
    def rich_texts(self) -> list[tuple[str, str]]:
        """The stored HTML of each text of the body, with its place."""
        texts = []
        for block in self.page.body:
            for source in rich_sources(block.value):
                texts.append((EDITOR_KEY.sub("", source), block.id or "body"))
        return texts

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        return [
            Paragraph(plain(inner), place)
            for html, place in self.rich_texts
            for inner in PARAGRAPH.findall(html)
        ]

    @cached_property
    def links(self) -> list[Link]:
        return [
            link_of(attributes, inner, place)
            for html, place in self.rich_texts
            for attributes, inner in LINK.findall(html)
        ]

    @cached_property
    def pictures(self) -> list[Picture]:
        found = []
        top = getattr(self.page, "picture", None)
        if top:
            found.append(Picture(top, top.description, top.is_decorative, "picture"))
        for block in self.page.body:
            image = block.value["picture"] if block.block_type == "picture" else None
            if image:
                alt = image.contextual_alt_text or ""
                found.append(Picture(image, alt, bool(image.decorative), block.id or "body"))
        return found

    @property
    def has_call_to_action(self) -> bool:
        return any(block.block_type == "call_to_action" for block in self.page.body)


def rich_sources(value: Any) -> Iterator[str]:
    """Gives the HTML of each rich text inside a block's value."""
    if hasattr(value, "source"):
        yield value.source
    elif isinstance(value, dict):
        for inner in value.values():
            yield from rich_sources(inner)
    elif isinstance(value, list) or hasattr(value, "bound_blocks"):
        for inner in value:
            yield from rich_sources(inner)


def link_of(attributes: str, inner: str, place: str) -> Link:
    named = dict(ATTRIBUTE.findall(attributes))
    is_page = named.get("linktype") == "page" and is_number(named.get("id", ""))
    page_id = int(named["id"]) if is_page else None
    return Link(plain(inner), page_id, unescape(named.get("href", "")), place)


def plain(html: str) -> str:
    return " ".join(unescape(strip_tags(html)).split())
