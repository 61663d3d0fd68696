"""Checks of the text: headings, paragraphs, reading ease, links, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vasite.seo.coach.drafts import Draft
from vasite.seo.coach.findings import Finding, Severity, check

WALL = 120  # words
HEADINGS_FROM = 300  # words
EASE_LIMIT = 50  # Flesch: below this it reads like a contract
EASE_FROM = 100  # words: a shorter text has no meaningful measure
VAGUE = {
    *("click here", "here", "read more", "more", "link", "this", "this page", "learn more"),
    *("find out more", "click", "go", "see more", "this link", "continue", "details"),
}
# Pages whose purpose is that somebody does something next
WITH_ACTION = {"blogpostpage", "servicepage", "areapage", "standardpage"}


@check
def headings(draft: Draft) -> Iterator[Finding]:
    level = 1
    for heading in draft.page.outline:
        if heading.level > level + 1:
            yield Finding(
                "heading-skip",
                Severity.WEAK,
                f"“{heading.text}” skips a level: it is part of a section that has no heading.",
                "People who listen to the page jump from heading to heading by level. Make it a "
                "section, or put one before it.",
                heading.block_id or "body",
            )
        level = heading.level
    if not draft.page.outline and draft.word_count > HEADINGS_FROM:
        yield Finding(
            "no-headings",
            Severity.WEAK,
            f"{draft.word_count} words without a heading.",
            "Two or three headings show at a glance what is in it, to readers and to Google.",
            "body",
        )


@check
def walls_of_text(draft: Draft) -> Iterator[Finding]:
    for paragraph in draft.paragraphs:
        if paragraph.word_count > WALL:
            begin = " ".join(paragraph.text.split()[:5])
            yield Finding(
                "wall-of-text",
                Severity.WEAK,
                f"The paragraph “{begin} …” has {paragraph.word_count} words.",
                f"On a phone more than {WALL} fill the screen. Break it where the thought turns.",
                paragraph.place,
            )


@check
def reading_ease(draft: Draft) -> Iterator[Finding]:
    if draft.word_count < EASE_FROM:
        return
    ease = flesch_reading_ease(" ".join(paragraph.text for paragraph in draft.paragraphs))
    if ease is not None and ease < EASE_LIMIT:
        yield Finding(
            "hard-to-read",
            Severity.HINT,
            f"The text is hard to read: {ease:.0f} of 100 on Flesch’s scale.",
            f"From {EASE_LIMIT} on most people read it easily. Shorter sentences help most.",
            "body",
        )


def flesch_reading_ease(text: str) -> float | None:
    """Gives Flesch's reading ease (1948) of an English text: 100 is very easy, 0 very hard."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text)
    if not words:
        return None
    sentences = max(1, len(re.findall(r"[.!?…]+(?:\s|$)", text)))
    syllables = sum(map(syllable_count, words))
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def syllable_count(word: str) -> int:
    """Gives the syllables of an English word by its groups of vowels, without a silent e."""
    word = re.sub(r"[^a-z]", "", word.lower())
    word = re.sub(r"(?:[^laeiouy]es|[^td]ed|[^laeiouy]e)$", "", word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))


@check
def link_texts(draft: Draft) -> Iterator[Finding]:
    for link in draft.links:
        words = link.text.lower().strip(" .…!»›>")
        if words in VAGUE or not words or words.startswith(("http:", "https:", "www.")):
            yield Finding(
                "link-text",
                Severity.WEAK,
                f"The link “{link.text}” does not say where it leads.",
                "Make the words that name its target the link: people and search engines read "
                "links by themselves.",
                link.place,
            )


@check
def call_to_action(draft: Draft) -> Iterator[Finding]:
    if draft.kind not in WITH_ACTION or draft.has_call_to_action or draft.kind == "servicepage":
        return
    if not any(link.page_id or link.address.startswith(("/", "mailto:")) for link in draft.links):
        yield Finding(
            "no-call-to-action",
            Severity.HINT,
            "Say what a reader can do next.",
            "A box with a button, or a link to your services or contact page, takes them there.",
            "body",
        )
