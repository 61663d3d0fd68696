"""Finding pages by their words, and the word that was meant by a mistyped one."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page

from blog.models import BlogPostPage
from services.models import ServicePage
from vasite.content.vocabulary import WORD, closest

QUERY_LIMIT, WORD_LIMIT = 200, 12
KINDS = {"posts": "Blog posts", "services": "Services", "pages": "Other pages"}


def clean_query(text: str) -> str:
    """Gives what is searched for: on one line, without NUL, at most WORD_LIMIT words."""
    return " ".join(text.replace("\x00", "")[:QUERY_LIMIT].split()[:WORD_LIMIT])


def find(query: str, kind: str = "") -> Any:
    """Gives the visible pages that hold all words, best first; words in titles weigh more."""
    words = searchable(query)
    is_letter = len(words) == 1 and words.isascii() and words.isalpha()  # in nearly every page
    return pages_of(kind).search(words) if words and not is_letter else []


def complete(query: str) -> Any:
    """Gives the visible pages whose titles hold the words, the last of them perhaps half typed."""
    words = searchable(query)
    return pages_of("").autocomplete(words, fields=["title"]) if words else []


def searchable(query: str) -> str:
    """Gives the words of a query that hold a letter or a digit; no database finds others."""
    return " ".join(word for word in query.split() if any(map(str.isalnum, word)))


def pages_of(kind: str) -> Any:
    """Gives the visible pages below the home page, of one of KINDS or of all."""
    # Not `visible()`: the search index takes no filter that it can't name.
    pages = Page.objects.live().public().filter(depth__gt=2)
    models = {"posts": BlogPostPage, "services": ServicePage}
    types = {name: content_type(model) for name, model in models.items()}
    if kind in types:
        return pages.filter(content_type=types[kind])
    return pages.exclude(content_type__in=types.values()) if kind == "pages" else pages


def content_type(model: type[Page]) -> int:
    return int(ContentType.objects.get_for_model(model).pk)


def suggestion(query: str) -> str:
    """Gives the query with each unknown word replaced by the nearest known one.

    Empty when nothing would change or when nothing would be found either.
    """
    words = query.split()
    for place in range(len(words) - 1):  # "book keeping"
        together = " ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]])
        if find(together)[:1]:
            return together
    meant = WORD.sub(lambda word: closest(word[0]) or word[0], query)
    return meant if meant.lower() != query.lower() and find(meant)[:1] else ""
