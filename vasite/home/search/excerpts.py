"""The piece of a text that shows why it was found."""

from __future__ import annotations

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LENGTH = 220


def excerpt(text: str, query: str) -> SafeString:
    """Gives about LENGTH characters around the first word that was asked for, each of them marked.

    A word is marked with its ending ("invoice" marks "invoices"), as the search finds it so.
    """
    text = " ".join(text.split())
    words = sorted({re.escape(stem(word)) for word in query.split()}, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\w*", re.IGNORECASE) if words else None
    found = pattern.search(text) if pattern else None
    begin = max(0, found.start() - LENGTH // 3) if found else 0
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    piece = text[begin : begin + LENGTH]
    if begin + LENGTH < len(text):
        piece = piece[: piece.rfind(" ")] if " " in piece else piece
    marked = mark(piece, pattern) if pattern else escape(piece)
    before, after = "… " if begin else "", " …" if begin + len(piece) < len(text) else ""
    return mark_safe(f"{before}{marked}{after}")  # noqa: S308 - each piece was escaped


def stem(word: str) -> str:
    """Gives a word without an English plural."""
    return word[:-1] if len(word) > 3 and word.lower().endswith("s") else word


def mark(text: str, pattern: re.Pattern[str]) -> str:
    """Gives escaped HTML with each match in <mark>."""
    pieces, end = [], 0
    for match in pattern.finditer(text):
        pieces += [escape(text[end : match.start()]), f"<mark>{escape(match[0])}</mark>"]
        end = match.end()
    return "".join([*pieces, escape(text[end:])])
