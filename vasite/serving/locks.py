"""Transactions that may not run at the same time."""

from __future__ import annotations

import zlib

from django.db import connection
from django.db.transaction import TransactionManagementError

NAMESPACE = 0x76617369  # of PostgreSQL's advisory locks with two keys


def lock_for_transaction(name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it until commit.

    What is counted after this call cannot be changed by another transaction that calls it too.
    SQLite needs nothing: its transactions are immediate, so only one of them writes at a time.
    Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("A lock ends with its transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            key = zlib.crc32(name.encode()) - 2**31
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NAMESPACE, key])
