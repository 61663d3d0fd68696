"""Words as the search compares them: the same on both databases, in the index and in a query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from copy import copy
from functools import reduce
from operator import and_, or_
from typing import Any

from modelsearch.index import RelatedFields

# Of compatibility characters NFKC makes plain ones; these it leaves: apostrophes and hyphens as
# people and word processors write them, letters that nobody sees, and letters that are written
# with a stroke or as two in one.
APOSTROPHES = re.compile("[‘’‛ʼʹʻ´\u1ffd`′‵ꞌ՚＇]")
HYPHENS = re.compile("[‐‑‒–—−⁃﹘﹣－־]")
UNSEEN = re.compile("[\u00ad\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "ı": "i"}
)
# Of European letters, and the vowels that Hebrew and Arabic are mostly written without
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
# Kana, Chinese, Korean and Thai: without blanks between words, so that each letter is one
UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]")
NO_WORD = re.compile(r"[^\w\s]|_")
# Words that say nothing beside others: a question is found by the rest of it.
SMALL = """
a about an and are as at be by can could did do does for from had has have how i if in is it its me
my of on or our should so that the their they this to was we were what when where which who why will
with would you your
"""
SMALL_WORDS = frozenset(SMALL.split())
# Two words for one thing, of which a page mostly has one
SYNONYMS = {"phone": "telephone", "telephone": "phone", "email": "mail", "mail": "email"}
# Between two words, but not within "5,000" and "1/2"
BETWEEN = re.compile(r"[,;/](?=\D)")
COMPOUND = re.compile(r"[^\W_]+(?:['.,-][^\W_]+)+")
CONTRACTION = re.compile(r"[^\W_]+(?:'[^\W_]+)+")


def fold(text: str) -> str:
    """Return a text in one spelling: NFKC, without case, accents and what nobody sees."""
    text = APOSTROPHES.sub("'", text)  # before NFKC, which makes a blank of an acute
    text = UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    text = ACCENTS.sub("", unicodedata.normalize("NFD", text)).translate(LETTERS)
    text = HYPHENS.sub("-", APOSTROPHES.sub("'", text))
    return unicodedata.normalize("NFC", text)


def plain(folded: str) -> str:
    """Return the words of a folded text with blanks between them.

    The two databases would each divide "example.co.uk", "1/2" or "R&D" in a way of its own.
    """
    spaced = UNSPACED.sub(r" \g<0> ", folded)
    return NO_WORD.sub(lambda found: found[0] if is_mark(found[0]) else " ", spaced)


def is_mark(character: str) -> bool:
    """Whether a character is part of the letter before it, as India's vowels are."""
    return unicodedata.category(character).startswith("M")


def joined(word: str) -> str:
    """Return a compound as one word: "email" of "e-mail", "obrien" of "o'brien", "uk" of "u.k."."""
    return re.sub("['.,-]", "", word)


def for_index(text: str) -> str:
    """Return a folded text followed by its compounds as one word each.

    It is then found by its parts, by the whole and by the whole without its hyphen or apostrophe.
    """
    folded = fold(text)
    found = [*COMPOUND.findall(folded), *CONTRACTION.findall(folded)]
    return " ".join([plain(folded), *dict.fromkeys(map(joined, found))])


def for_phrase(text: str) -> str:
    """Return a phrase as it stands in the index."""
    return plain(fold(text))


def spellings(word: str) -> list[list[str]]:
    """Return the ways in which a word of a query may stand in the index, each as its parts."""
    whole = fold(word)
    ways = [plain(way).split() for way in (whole, whole.replace("'", ""), joined(whole))]
    ways = [way for place, way in enumerate(ways) if way not in ways[:place]]
    singular = joined(whole).removesuffix("s")
    return [*ways, [SYNONYMS[singular]]] if singular in SYNONYMS else ways


def terms(query: str) -> list[list[list[str]]]:
    """Return the spellings of each word of a query; small words only where there are no others."""
    asked = BETWEEN.sub(" ", query).split()
    words = [word for word in asked if any(map(str.isalnum, fold(word)))]
    large = [word for word in words if joined(fold(word)) not in SMALL_WORDS]
    return [spellings(word) for word in (large or words)]


def combine(query: str, operator: str, lexeme: Callable[..., Any], has_prefix: bool) -> Any:
    """Return the lexemes of a query, combined as its words and their spellings ask for.

    The last part of its last word may be the beginning of a longer one. Returns None for a query
    without words.
    """
    found = terms(query)
    combined = []
    for place, ways in enumerate(found, start=1):
        is_open = has_prefix and place == len(found)
        alternatives = [
            reduce(and_, [*map(lexeme, parts[:-1]), lexeme(parts[-1], prefix=is_open)])
            for parts in ways
        ]
        combined.append(reduce(or_, alternatives))
    return reduce(or_ if operator.lower() == "or" else and_, combined) if combined else None


class Folded:
    """An object of which the index gets folded texts.

    They are made at once, before the index locks SQLite, and not again for each of its columns.
    """

    def __init__(self, instance: Any) -> None:
        self.pk = instance.pk
        self.search_fields = [folding(field, instance) for field in instance.get_search_fields()]

    def get_search_fields(self) -> list[Any]:
        return self.search_fields


def folding(field: Any, instance: Any = None) -> Any:
    """Return a copy of a search field whose value is folded; of that instance, if one is given."""
    folded = copy(field)
    if isinstance(field, RelatedFields):
        folded.fields = [folding(one) for one in field.fields]
        folded.get_value = lambda given: field.get_value(instance or given)
    elif instance is None:
        folded.get_value = lambda given: fold_all(field.get_value(given))
    else:
        value = fold_all(field.get_value(instance))
        folded.get_value = lambda given: value
    return folded


def fold_all(value: Any) -> Any:
    if isinstance(value, str):
        return for_index(value)
    if isinstance(value, dict):
        return {key: fold_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [fold_all(item) for item in value]
    return value


def fold_each(instances: Iterable[Any]) -> list[Folded]:
    return [Folded(instance) for instance in instances]
