"""PostgreSQL's search with the spellings that SQLite's finds (folding.py)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Model
from modelsearch.backends.database.postgres import postgres
from modelsearch.backends.database.postgres.query import Lexeme
from modelsearch.query import Phrase, PlainText

from vasite.content.search.folding import combine, fold_each, for_phrase


class FoldedQueryCompiler(postgres.PostgresSearchQueryCompiler):
    def build_tsquery_content(self, query: Any, config: Any = None, invert: bool = False) -> Any:
        if isinstance(query, PlainText) and not invert:
            found = combine(query.query_string, query.operator, Lexeme, self.LAST_TERM_IS_PREFIX)
            if found is None:
                return SearchQuery("", search_type="plain", config=config)  # finds nothing
            return SearchQuery(found, search_type="raw", config=config)
        if isinstance(query, Phrase):
            words = for_phrase(query.query_string)
            return SearchQuery(words, search_type="phrase", config=config)
        return super().build_tsquery_content(query, config=config, invert=invert)


class FoldedAutocompleteQueryCompiler(
    FoldedQueryCompiler, postgres.PostgresAutocompleteQueryCompiler
):
    def get_search_vectors(self, search_query: Any) -> Any:
        """Return the index, not the columns themselves, where all of its fields are asked for."""
        indexed = {field.field_name for field in self.get_search_fields_for_model()}
        if self.fields is None or indexed <= set(self.fields):
            return self.get_index_vectors(search_query)
        return self.get_fields_vectors(search_query)


class FoldedIndex(postgres.PostgresIndex):
    def add_items(self, model: type[Model], objs: Iterable[Model]) -> None:
        super().add_items(model, fold_each(objs))


class FoldedPostgresSearchBackend(postgres.PostgresSearchBackend):
    index_class = FoldedIndex
    query_compiler_class = FoldedQueryCompiler
    autocomplete_query_compiler_class = FoldedAutocompleteQueryCompiler
