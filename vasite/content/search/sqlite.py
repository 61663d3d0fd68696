"""SQLite's search with its results ranked in one pass.

The index, its upkeep and PostgreSQL's search are Wagtail's own. On SQLite its query asks the
full-text index once more for each result to rank it (two seconds for a word that stands on 3,000
pages), weighs a title like the text, and knows no plural; here one join does all three. Spellings
are folded for both databases in folding.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from modelsearch.backends.database.sqlite import sqlite
from modelsearch.backends.database.sqlite.query import Lexeme, SearchQueryExpression
from modelsearch.query import Phrase, PlainText
from modelsearch.utils import get_descendants_content_types_pks
from wagtail.search.models import IndexEntry

from vasite.content.search.folding import combine, fold_each, for_phrase, terms

ENTRIES = IndexEntry._meta.db_table
FULL_TEXT = f"{ENTRIES}_fts"
# The weights of FTS5's bm25(), in the order of the table's columns: autocomplete, body, title
RANK = f"bm25({FULL_TEXT}, 1.0, 1.0, 10.0)"


def match_expression(query: PlainText, columns: list[str], is_prefix: bool) -> str:
    """Gives an FTS5 query (sqlite.org/fts5.html, 3): each word in quotes, in its spellings and in
    both numbers; the last one also as the beginning of a longer one while somebody still types."""
    found = terms(query.query_string)
    matches = []
    for place, ways in enumerate(found, start=1):
        if is_prefix and place == len(found):
            alternatives = [f"{quoted(' '.join(parts))} *" for parts in ways]
        else:
            alternatives = [
                quoted(form)
                for parts in ways
                for form in (forms(parts[0]) if len(parts) == 1 else [" ".join(parts)])
            ]
        matches.append(f"({' OR '.join(alternatives)})")
    joined = f" {query.operator.upper()} ".join(matches)
    return f"{{{' '.join(columns)}}} : ({joined})"


def forms(word: str) -> list[str]:
    """Return a word in singular and plural, as far as their endings tell them apart."""
    if len(word) < 3 or not word.isalpha():
        return [word]
    found = {word, f"{word}s", f"{word}es", re.sub("y$", "ies", word)}
    if len(word) > 3:  # a "gas" is none of several "ga"
        found |= {word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
    return sorted(found)


def quoted(word: str) -> str:
    return '"{}"'.format(word.replace('"', '""'))


class RankedQueryCompiler(sqlite.SQLiteSearchQueryCompiler):
    def build_search_query_content(self, query: Any, config: Any = None) -> Any:
        if isinstance(query, PlainText):
            found = combine(query.query_string, query.operator, Lexeme, self.LAST_TERM_IS_PREFIX)
            return SearchQueryExpression(found, config=config) if found is not None else None
        if isinstance(query, Phrase):
            return SearchQueryExpression(for_phrase(query.query_string))
        return super().build_search_query_content(query, config)

    def search(
        self, config: Any, start: int | None, stop: int | None, score_field: str | None = None
    ) -> QuerySet[Any]:
        query = self.query
        if not isinstance(query, PlainText):
            return super().search(config, start, stop, score_field)
        if not terms(query.query_string):
            return self.queryset.none()
        key = self.queryset.model._meta.pk
        types = get_descendants_content_types_pks(self.queryset.model)
        columns = self.fields or self.FTS_TABLE_FIELDS
        ranked = self.queryset.extra(  # noqa: S610 - nothing of the visitor's but the parameter
            select={score_field or "search_rank": RANK},
            tables=[ENTRIES, FULL_TEXT],
            where=[
                f"{FULL_TEXT} MATCH %s",
                f"{ENTRIES}.id = {FULL_TEXT}.rowid",
                f"{ENTRIES}.content_type_id IN ({', '.join(str(int(pk)) for pk in types)})",
                # Cast on this side: SQLite then begins with the full text, not with the pages.
                f"{key.model._meta.db_table}.{key.column} = CAST({ENTRIES}.object_id AS INTEGER)",
            ],
            params=[match_expression(query, columns, self.LAST_TERM_IS_PREFIX)],
        )
        if self.order_by_relevance:
            ranked = ranked.order_by(score_field or "search_rank", "-pk")
        elif not ranked.query.order_by:
            ranked = ranked.order_by("-pk")
        return ranked[start:stop]


class RankedAutocompleteQueryCompiler(RankedQueryCompiler, sqlite.SQLiteAutocompleteQueryCompiler):
    pass


class SerialIndex(sqlite.SQLiteIndex):
    """Looks an entry up and writes it in one transaction.

    A picture's form and the worker's task add the same entry at the same moment; the later one
    failed, and the upload with it.
    """

    def add_items(self, model: type[Model], objs: Iterable[Model]) -> None:
        folded = fold_each(objs)
        with transaction.atomic(using=self.write_connection.alias):
            super().add_items(model, folded)


class RankedSQLiteSearchBackend(sqlite.SQLiteSearchBackend):
    index_class = SerialIndex
    query_compiler_class = RankedQueryCompiler
    autocomplete_query_compiler_class = RankedAutocompleteQueryCompiler
