# ruff: noqa: S608 - statements of nobody else
"""A visitor sees each change at once, in whatever words somebody tells the database of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.pagecache.conftest import Visitors
from tests.served import needs_postgresql, needs_sqlite
from vasite.pagecache.watching import slot_written

POST = "/blog/on-trust/"
WHERE = "WHERE slug = 'on-trust'"
SET = f"SET title = 'Changed' {WHERE}"
STATEMENTS = {
    "plain": f"UPDATE wagtailcore_page {SET}",
    "comment in front": f"/* x */ UPDATE wagtailcore_page {SET}",
    "two comments": f"/* x */ /* y\n */\n UPDATE wagtailcore_page {SET}",
    "comment that names a reading": f"/* SELECT 1 */ UPDATE wagtailcore_page {SET}",
    "line of comment": f"-- SELECT\nUPDATE wagtailcore_page {SET}",
    "comments within": f"UPDATE /* x */ wagtailcore_page /* y */ {SET}",
    "lines": f"\n\tUPDATE\n\twagtailcore_page\n{SET}",
    "small letters": f"update wagtailcore_page {SET}",
    "capitals": f"UPDATE WAGTAILCORE_PAGE {SET}",
    "WITH": f"WITH one AS (SELECT 1) UPDATE wagtailcore_page {SET}",
    "alias": f"UPDATE wagtailcore_page AS one {SET}",
    "subquery": "UPDATE wagtailcore_page SET title = (SELECT 'Changed') " + WHERE,
    "behind a column of the draft": (
        f"UPDATE wagtailcore_page SET title = 'Changed', \"draft_title\" = 'x' {WHERE}"
    ),
    "before a column of the draft": (
        f"UPDATE \"wagtailcore_page\" SET \"draft_title\" = 'x', title = 'Changed' {WHERE}"
    ),
    "within a value of the draft": (
        "UPDATE \"wagtailcore_page\" SET \"draft_title\" = 'a WHERE b', title = 'Changed' " + WHERE
    ),
}
SQLITE = {
    "schema": f"UPDATE main.wagtailcore_page {SET}",
    "quoted schema": f'UPDATE "main"."wagtailcore_page" {SET}',
    "brackets": f"UPDATE [wagtailcore_page] {SET}",
    "backticks": f"UPDATE `wagtailcore_page` {SET}",
    "OR REPLACE": f"UPDATE OR REPLACE wagtailcore_page {SET}",
    "OR IGNORE": f"UPDATE OR IGNORE wagtailcore_page {SET}",
    "INDEXED BY": f"UPDATE wagtailcore_page NOT INDEXED {SET}",
}
POSTGRESQL = {
    "schema": f"UPDATE public.wagtailcore_page {SET}",
    "quoted schema": f'UPDATE "public"."wagtailcore_page" {SET}',
    "ONLY": f"UPDATE ONLY wagtailcore_page {SET}",
    "star": f"UPDATE wagtailcore_page * {SET}",
    "nested comments": f"/* /* x */ SELECT 1 */ UPDATE wagtailcore_page {SET}",
    "two statements": f"SELECT 1; UPDATE wagtailcore_page {SET}",
    "behind a write that nobody sees": f"DELETE FROM django_session; UPDATE wagtailcore_page {SET}",
    "DO": f"DO $$ BEGIN UPDATE wagtailcore_page {SET}; END $$",
    "EXPLAIN ANALYZE": f"EXPLAIN ANALYZE UPDATE wagtailcore_page {SET}",
    "PREPARE": f"PREPARE one AS UPDATE wagtailcore_page {SET}; EXECUTE one",
    "WITH that updates": (
        f"WITH one AS (UPDATE wagtailcore_page {SET} RETURNING 1) SELECT * FROM one"
    ),
    "WITH in an insert": (
        f"WITH one AS (UPDATE wagtailcore_page {SET} RETURNING 1)"
        " DELETE FROM django_session WHERE session_key IN (SELECT '' FROM one)"
    ),
    "MERGE": (
        "MERGE INTO wagtailcore_page USING (SELECT 1) AS one ON slug = 'on-trust'"
        " WHEN MATCHED THEN UPDATE SET title = 'Changed'"
    ),
    "view": (
        "CREATE TEMP VIEW pages AS SELECT * FROM wagtailcore_page",
        f"UPDATE pages {SET}",
    ),
    "CALL": (
        f"CREATE PROCEDURE change() LANGUAGE SQL AS $$UPDATE wagtailcore_page {SET}$$",
        "CALL change()",
    ),
}


def check(visit: Visitors, *statements: str) -> None:
    *before, statement = statements
    with connection.cursor() as cursor:
        for one in before:
            cursor.execute(one)
        assert "Changed" not in visit(POST).text
        assert visit(POST).headers["Age"] == "0"
        cursor.execute(statement)
    assert "Changed" in visit(POST).text


@pytest.mark.parametrize("name", STATEMENTS)
def test_visitor_sees_a_change_by_a_statement(visit: Visitors, name: str) -> None:
    check(visit, STATEMENTS[name])


@needs_sqlite
@pytest.mark.parametrize("name", SQLITE)
def test_visitor_sees_a_change_in_words_of_sqlite(visit: Visitors, name: str) -> None:
    check(visit, SQLITE[name])


@needs_postgresql
@pytest.mark.parametrize("name", POSTGRESQL)
def test_visitor_sees_a_change_in_words_of_postgresql(visit: Visitors, name: str) -> None:
    found: Any = POSTGRESQL[name]
    check(visit, *([found] if isinstance(found, str) else found))


@pytest.mark.parametrize(
    "statement",
    [
        "VACUUM",
        "ANALYZE",
        "REINDEX",
        "TRUNCATE wagtailcore_page",
        "ALTER TABLE wagtailcore_page ADD COLUMN x int",
        "CREATE TABLE x (y int)",
        "DROP TABLE x",
        "SELECT 1 AS one INTO x",
        "REPLACE INTO wagtailcore_page VALUES (1)",
        "INSERT OR REPLACE INTO wagtailcore_page VALUES (1)",
        "INSERT INTO main.wagtailcore_page VALUES (1)",
        "INSERT INTO nothing_known VALUES (1)",
        "COPY wagtailcore_page FROM STDIN",
        "REFRESH MATERIALIZED VIEW x",
        "IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z",
        "ATTACH DATABASE 'x' AS y",
        "EXECUTE one",
        "COMMIT PREPARED 'one'",
        "WITH one AS MATERIALIZED (DELETE FROM x RETURNING y) SELECT * FROM one",
        "WITH one AS (SELECT 1 FOR UPDATE) UPDATE x SET y = 1",
        "DECLARE one CURSOR FOR SELECT 1; UPDATE x SET y = 1",
        "SECURITY LABEL ON TABLE x IS 'y'",
        "Composed([SQL('UPDATE '), Identifier('wagtailcore_page')])",
        "",
    ],
)
def test_what_is_not_known_to_change_nothing_changes_all_pages(statement: str) -> None:
    assert slot_written(statement, None) == 0


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT "wagtailcore_page"."id" FROM "wagtailcore_page" WHERE "title" = %s',
        'SELECT REPLACE("title", %s, %s) FROM "wagtailcore_page" LIMIT 21 FOR UPDATE',
        'SELECT 1 FROM "auth_user" FOR NO KEY UPDATE OF "auth_user" SKIP LOCKED',
        "(SELECT 1) UNION (SELECT 2)",
        "/* traced */ SELECT 1",
        "WITH one AS (SELECT 1) SELECT * FROM one",
        "SELECT 1;",
        "SAVEPOINT x",
        "RELEASE SAVEPOINT x",
        "ROLLBACK TO SAVEPOINT x",
        "BEGIN IMMEDIATE",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "PRAGMA foreign_key_check",
        'INSERT INTO "django_session" ("session_key") VALUES (%s)',
        'INSERT INTO newsletter_delivery (id) SELECT "id" FROM "newsletter_subscriber"',
        'INSERT INTO "forms_trace" ("mark", "seen_at") SELECT * FROM UNNEST((%s)::varchar[], '
        "(%s)::timestamp with time zone[])",
        'DELETE FROM "django_session" WHERE "django_session"."session_key" = %s',
        'UPDATE "wagtailcore_page" SET "draft_title" = %s, "locked_at" = NULL WHERE "id" = %s',
    ],
)
def test_what_no_visitor_can_see_makes_no_page_anew(statement: str) -> None:
    assert slot_written(statement, None) is None


def test_comment_that_waits_makes_no_page_anew_unless_it_takes_another_s_place() -> None:
    insert = 'INSERT INTO "newsletter_comment" ("status", "name") VALUES (%s, %s)'
    assert slot_written(insert, ("pending", "Ada")) is None
    assert slot_written(insert, ("approved", "Ada")) is not None
    upsert = f"{insert} ON CONFLICT (id) DO UPDATE SET status = excluded.status"
    assert slot_written(upsert, ("pending", "Ada")) is not None
    literal = "INSERT INTO newsletter_comment (status, name) VALUES ('approved', %s)"
    assert slot_written(literal, ("Ada",)) is not None
