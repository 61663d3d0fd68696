"""A reader's plain text as HTML: paragraphs, and links made of addresses. Nothing else."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import Urlizer, linebreaks
from django.utils.safestring import SafeString, mark_safe


class ReaderUrlizer(Urlizer):
    """Links that lend a stranger's site no standing (Google's rel="ugc", HTML 4.6.6.15)."""

    url_template = '<a href="{href}" rel="ugc nofollow noopener">{url}</a>'


@lru_cache(maxsize=1000)  # most are the same when a page is made anew
def as_html(text: str) -> SafeString:
    """Gives escaped paragraphs, line breaks and links for what a reader wrote."""
    return mark_safe(linebreaks(ReaderUrlizer()(text, autoescape=True)))  # noqa: S308 - escaped


def initials(name: str) -> str:
    """Gives one or two letters that stand for a name, in place of a picture."""
    parts = [part for part in name.split() if part[0].isalnum()]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()
