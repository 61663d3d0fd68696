"""What the editor stored as a visitor gets it: headings that can be linked to, nothing empty."""

from __future__ import annotations

import re
from collections import Counter

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from wagtail.rich_text import expand_db_html

EDITOR_KEY = re.compile(r' data-block-key="\w*"')
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|<br ?/?>)*</p>")
HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.DOTALL)


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


def public_html(source: str, anchors: Anchors) -> SafeString:
    """Gives stored rich text as HTML: links resolved, headings with ids, empty lines left out.

    Wagtail cleaned the source when it was saved.
    """
    html = EMPTY_PARAGRAPH.sub("", EDITOR_KEY.sub("", expand_db_html(source)))

    def add_id(match: re.Match[str]) -> str:
        level, words = match.groups()
        return f'<h{level} id="{anchors.name(strip_tags(words))}">{words}</h{level}>'

    return mark_safe(HEADING.sub(add_id, html))  # noqa: S308
