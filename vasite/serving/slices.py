"""Long work: row by row, in slices of a few seconds, with no query open while it writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django_tasks.base import Task

from vasite.serving.faults import for_each
from vasite.serving.queue import enqueue_rest

BATCH_SIZE = 100
Row = TypeVar("Row", bound=Model)


def in_batches(rows: QuerySet[Row], after: int = 0) -> Iterator[Row]:
    """Yield rows whose key is beyond `after`, by key, BATCH_SIZE of them in memory.

    The keys are read first. A queryset's `iterator()` would keep its query open: SQLite then
    refuses to write as soon as another process has written ("database is locked").
    """
    rows = rows.order_by("pk")
    keys = list(rows.filter(pk__gt=after).values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_SIZE):
        yield from rows.filter(pk__in=keys[start : start + BATCH_SIZE])


def for_each_in_slices(
    task: Task[..., Any],
    after: int,
    name: str,
    rows: QuerySet[Row],
    act: Callable[[Row], object],
) -> None:
    """Do something with each row whose key is beyond `after`, as `for_each` does under a name.

    After SLICE_SECONDS the task ends and is enqueued with the key it has come to: what waits with
    a higher priority, and what was enqueued earlier, comes first.
    """
    until = time.monotonic() + settings.SLICE_SECONDS

    def slice_of_rows() -> Iterator[Row]:
        for row in in_batches(rows, after):
            yield row
            if time.monotonic() >= until:
                enqueue_rest(task, after=row.pk)
                return

    for_each(name, slice_of_rows(), act)
