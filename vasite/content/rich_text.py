"""What the editor stored as a visitor gets it: headings that can be linked to, nothing empty."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from wagtail.blocks import StreamValue
from wagtail.models import Page
from wagtail.rich_text import expand_db_html
from wagtail.rich_text import get_text_for_indexing as text_from_html
from wagtail.rich_text.pages import PageLinkHandler

EDITOR_KEY = re.compile(r' data-block-key="\w*"')
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|<br ?/?>)*</p>")
SEAM = "<!-- between two texts -->"
HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.DOTALL)
OWN_ADDRESS = re.compile(r'((?:src|href)=")/(?!/)')


class Anchors:
    """Names the headings of one page in their order, each only once.

    The prefix keeps them apart from the page's own ids, such as `form#enquiry`.
    """

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    def name(self, text: str) -> str:
        """Gives "h-how-it-works", and "h-how-it-works-2" for the next of the same words."""
        slug = f"h-{slugify(text, allow_unicode=True) or 'part'}"
        self.taken[slug] += 1
        if self.taken[slug] == 1:
            return slug
        return self.name(f"{text} {self.taken[slug]}")


NOT_TEXT = {"id", "image", "level", "page", "url"}  # keys of raw values that nobody reads


def plain_text(raw: Any) -> str:
    """Gives the text of raw block data, a line for each piece, without asking the database."""
    return "\n".join(_pieces(raw))


def _pieces(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield text_from_html(raw)
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            if key not in NOT_TEXT and key != "type":
                yield from _pieces(value)
    elif isinstance(raw, Sequence):
        for value in raw:
            yield from _pieces(value)


@dataclass(frozen=True)
class Heading:
    """A heading inside a page's body: its level (2 or 3), its words, its address and its block."""

    level: int
    text: str
    anchor: str
    block_id: str


def outline(body: StreamValue) -> Iterator[Heading]:
    """Gives the headings of a body in their order, with the anchors under which they are shown."""
    anchors = Anchors()
    for block in body:
        block_id = block.id or ""
        if block.block_type == "heading":
            text = block.value.get("text") or ""
            level = int(block.value.get("level") or 2)
            yield Heading(level, text, anchors.name(text), block_id)
        elif block.block_type == "text":
            for level, words in HEADING.findall(EDITOR_KEY.sub("", block.value.source)):
                text = unescape(strip_tags(words))
                yield Heading(int(level), text, anchors.name(text), block_id)


class VisiblePageLinkHandler(PageLinkHandler):
    """Links to pages: one query for many, and plain text where a page is not public."""

    @classmethod
    def get_many(cls, attrs_list: list[dict[str, str]]) -> list[Page | None]:
        pages = Page.objects.live().order_by().in_bulk([int(attrs["id"]) for attrs in attrs_list])
        return [pages.get(int(attrs["id"])) for attrs in attrs_list]


def expand_all(sources: Iterable[str]) -> dict[str, str]:
    """Gives each of many stored texts with its links resolved, all of them in one query."""
    texts = list(dict.fromkeys(sources))
    if not texts:
        return {}
    return dict(zip(texts, expand_db_html(SEAM.join(texts)).split(SEAM), strict=True))


def public_html(source: str, anchors: Anchors, expanded: Mapping[str, str]) -> SafeString:
    """Gives stored rich text as HTML: links resolved, headings with ids, empty lines left out.

    Wagtail cleaned the source when it was saved. `expanded` holds texts whose links were resolved
    already (`expand_all`).
    """
    html = expanded.get(source) or expand_db_html(source)
    html = EMPTY_PARAGRAPH.sub("", EDITOR_KEY.sub("", html))

    def add_id(match: re.Match[str]) -> str:
        level, words = match.groups()
        return f'<h{level} id="{anchors.name(unescape(strip_tags(words)))}">{words}</h{level}>'

    return mark_safe(HEADING.sub(add_id, html))  # noqa: S308


def with_whole_addresses(html: str, page_url: str = "") -> str:
    """Return HTML for feeds and emails: the site's own links and pictures begin with its URL, links
    to a place in the same text with that of its page, where one is given."""
    html = html.replace('href="#', f'href="{page_url}#')
    return OWN_ADDRESS.sub(rf"\1{settings.SITE_URL}/", html)
