"""A database that refuses rows, by a trigger of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model

from tests.served import IS_SQLITE


@contextmanager
def refused(
    model: type[Model], where: str = "1 = 1", is_out_of_order: bool = False
) -> Iterator[None]:
    """Let the database refuse the new rows of a table where something holds of NEW: for what is in
    them (IntegrityError), or since it is out of order itself (OperationalError)."""
    table = model._meta.db_table
    if IS_SQLITE:
        # SQLite looks for the table only when the trigger is run
        fault = "INSERT INTO lost VALUES (1)" if is_out_of_order else "SELECT RAISE(ABORT, 'no')"
        make = [f"CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN {where} BEGIN {fault}; END"]
        drop = "DROP TRIGGER refuse"
    else:
        code = "disk_full" if is_out_of_order else "check_violation"
        make = [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE '%', TG_NAME USING ERRCODE = '{code}'; END $$",
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} "
            f"FOR EACH ROW WHEN ({where}) EXECUTE FUNCTION refuse()",
        ]
        drop = "DROP FUNCTION refuse CASCADE"
    with connection.cursor() as cursor:
        for statement in make:
            cursor.execute(statement)
        yield
        cursor.execute(drop)
