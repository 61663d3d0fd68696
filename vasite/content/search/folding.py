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
# people and word processors write them, and letters that nobody sees.
APOSTROPHES = re.compile("[‘’‛ʼʹʻ´\u1ffd`′‵ꞌ՚＇]")
HYPHENS = re.compile("[‐‑‒–—−⁃﹘﹣－]")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
ACCENTS = re.compile("[\u0300-\u036f]")
# Words that say nothing beside others: a question is found by the rest of it.
SMALL = """
a about an and are as at be by can could did do does for from had has have how i if in is it its me
my of on or our should so that the their they this to was we were what when where which who why will
with would you your
"""
SMALL_WORDS = frozenset(SMALL.split())
# Two words for one thing, of which a page mostly has one
SYNONYMS = {"phone": "telephone", "telephone": "phone"}
COMPOUND = re.compile(r"[^\W_]+(?:['-][^\W_]+)+")


def fold(text: str) -> str:
    """Return a text in one spelling: NFKC, without case, accents and what nobody sees."""
    text = APOSTROPHES.sub("'", text)  # before NFKC, which makes a blank of an acute
    text = UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    text = ACCENTS.sub("", unicodedata.normalize("NFD", text))
    text = HYPHENS.sub("-", APOSTROPHES.sub("'", text))
    return unicodedata.normalize("NFC", text)


def joined(word: str) -> str:
    """Return a compound as one word: "email" of "e-mail", "obrien" of "o'brien"."""
    return word.replace("-", "").replace("'", "")


def for_index(text: str) -> str:
    """Return a folded text followed by its compounds as one word each.

    It is then found by its parts, by the whole and by the whole without its hyphen or apostrophe.
    """
    folded = fold(text)
    compounds = dict.fromkeys(joined(word) for word in COMPOUND.findall(folded))
    return " ".join([for_phrase(text), *compounds])


def for_phrase(text: str) -> str:
    """Return a phrase as it stands in the index."""
    return re.sub("['-]", " ", fold(text))


def spellings(word: str) -> list[list[str]]:
    """Return the ways in which a word of a query may stand in the index, each as its parts."""
    whole = fold(word)
    parts = re.split("['-]+", whole.strip("'-"))
    ways = [parts] if len(parts) == 1 else [parts, [joined(whole)]]
    singular = joined(whole).removesuffix("s")
    return [*ways, [SYNONYMS[singular]]] if singular in SYNONYMS else ways


def terms(query: str) -> list[list[list[str]]]:
    """Return the spellings of each word of a query; small words only where there are no others."""
    words = [word for word in query.split() if any(map(str.isalnum, word))]
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
    """An object of which the index gets folded texts."""

    def __init__(self, instance: Any) -> None:
        self.instance = instance
        self.pk = instance.pk

    def get_search_fields(self) -> list[Any]:
        return [folding(field, self.instance) for field in self.instance.get_search_fields()]


def folding(field: Any, instance: Any = None) -> Any:
    """Return a copy of a search field whose value is folded; of that instance, if one is given."""
    folded = copy(field)
    if isinstance(field, RelatedFields):
        folded.fields = [folding(one) for one in field.fields]
        folded.get_value = lambda given: field.get_value(instance or given)
    else:
        folded.get_value = lambda given: fold_all(field.get_value(instance or given))
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
