"""Long work: row by row, in slices of a few seconds, with no query open while it writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django_tasks.base import Task

from vasite.serving.faults import AllFailedError, attempt, results_of
from vasite.serving.queue import enqueue_once, enqueue_rest

BATCH_SIZE = 100
DELETED_AT_ONCE = 500
Row = TypeVar("Row", bound=Model)


def in_batches(rows: QuerySet[Row], after: int = 0) -> Iterator[Row]:
    """Yield rows whose key is beyond `after`, by key, BATCH_SIZE of them in memory."""
    return chain.from_iterable(batches(rows, after, BATCH_SIZE))


def batches(rows: QuerySet[Row], after: int, size: int) -> Iterator[list[Row]]:
    """Yield rows whose key is beyond `after`, by key, in lists of at most `size`.

    The keys are read first. A queryset's `iterator()` would keep its query open: SQLite then
    refuses to write as soon as another process has written ("database is locked").
    """
    rows = rows.order_by("pk")
    keys = list(rows.filter(pk__gt=after).values_list("pk", flat=True))
    for start in range(0, len(keys), size):
        if batch := list(rows.filter(pk__in=keys[start : start + size])):
            yield batch


def for_each_in_slices(
    task: Task[..., Any],
    after: int,
    name: str,
    rows: QuerySet[Row],
    act: Callable[[Row], object],
) -> None:
    """Do something with each row whose key is beyond `after`, as `for_each` does under a name.

    After SLICE_SECONDS the task ends and is enqueued with the key it has come to: what waits with
    a higher priority, and what was enqueued earlier, comes first. Raises AllFailedError if no row
    of the slice was done, so that the task counts as one that failed.
    """
    until = time.monotonic() + settings.SLICE_SECONDS

    def slice_of_rows() -> Iterator[Row]:
        for row in in_batches(rows, after):
            yield row
            if time.monotonic() >= until:
                enqueue_rest(task, after=row.pk)
                return

    results = list(results_of(name, slice_of_rows(), act))
    if results and not any(results):
        raise AllFailedError(f"{name}: {len(results)} of {len(results)} rows failed")


def for_each_within(
    seconds: float, name: str, rows: QuerySet[Row], act: Callable[[Row], object]
) -> bool:
    """Do something with each row, as `attempt` does under a name, until some seconds are over.

    Return whether they were not: for a request, which leaves the rest to a task.
    """
    until = time.monotonic() + seconds
    for row in in_batches(rows):
        attempt(name, row.pk, act, row)
        if time.monotonic() >= until:
            return False
    return True


def delete_in_slices(
    task: Task[..., Any],
    *querysets: QuerySet[Any],
    note: Callable[[type[Model], int], object] = lambda model, count: None,
) -> int:
    """Delete rows, DELETED_AT_ONCE in a transaction, and return their number.

    In one go, what a flood left would keep everybody else from writing on SQLite for longer than
    they wait. After SLICE_SECONDS the task ends and is enqueued again. `note` is told of each
    model and number in the transaction that deletes them.
    """
    deleted, until = 0, time.monotonic() + settings.SLICE_SECONDS
    for rows in querysets:
        keys = rows.order_by().values_list("pk", flat=True)[:DELETED_AT_ONCE]
        while found := list(keys.all()):
            with transaction.atomic():
                count = rows.filter(pk__in=found).delete()[1].get(rows.model._meta.label, 0)
                note(rows.model, count)
            deleted += count
            if time.monotonic() >= until:
                enqueue_once(task)
                return deleted
    return deleted
