"""The words that the public pages use: what a mistyped one was meant to be, and which are rare."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from django.db import models, transaction
from django.db.models.functions import Length
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

WORD = re.compile(r"[^\W\d_]{3,30}")
LEAST_SIMILARITY = 0.7  # of 1: two slips in a word of seven letters


class Word(models.Model):
    """A word in lower case, and on how many public pages it stands (counted once a day)."""

    text = models.CharField(max_length=30, unique=True)
    page_count = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.text


def words_of(text: str) -> set[str]:
    """Gives the different words of a text, from three letters on, in lower case."""
    return set(WORD.findall(text.lower()))


def learn(text: str) -> None:
    """Adds the words of a new text; their counts follow with the next `count_words`."""
    words = [Word(text=word) for word in sorted(words_of(text))]
    Word.objects.bulk_create(words, ignore_conflicts=True, batch_size=500)


def replace_all(counts: Counter[str]) -> None:
    """Store on how many public pages each word stands, in the place of what was counted before."""
    words = [Word(text=text, page_count=count) for text, count in sorted(counts.items())]
    with transaction.atomic():
        Word.objects.all().delete()
        Word.objects.bulk_create(words, batch_size=500)


def closest(word: str) -> str | None:
    """Gives the known word that a mistyped one is nearest to; itself when it is known."""
    word = word.lower()
    candidates = (
        Word.objects.annotate(length=Length("text"))
        .filter(length__gte=len(word) - 2, length__lte=len(word) + 2)
        .order_by("-page_count")
        .values_list("text", flat=True)
    )
    found = process.extractOne(
        word,
        list(candidates),
        scorer=DamerauLevenshtein.normalized_similarity,
        score_cutoff=LEAST_SIMILARITY,
    )
    return found[0] if found else None


def rarest(words: Iterable[str], most: int) -> list[str]:
    """Gives those of the words that few pages use, but more than one, the rarest first."""
    known = Word.objects.filter(text__in=list(words), page_count__gt=1)
    return list(known.order_by("page_count", "text").values_list("text", flat=True)[:most])
