"""Rows that a task cannot deal with: each waits alone, and the others go on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from django.db.models import Model
from django.utils import timezone

from vasite.serving.errors import DATABASE_GONE
from vasite.serving.models import TaskFault

logger = logging.getLogger("vasite.event")
RETRY_PAUSES = [timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 1440)]
Row = TypeVar("Row", bound=Model)


class AllFailedError(Exception):
    """Of the rows of a task not one could be dealt with: the fault is not theirs."""


def for_each(task: str, rows: Iterable[Row], act: Callable[[Row], object]) -> int:
    """Do something with each row and return the number of rows done.

    A row that raises an exception is noted as a TaskFault and passed over until its pause is over.
    """
    return sum(results_of(task, rows, act))


def results_of(task: str, rows: Iterable[Row], act: Callable[[Row], object]) -> Iterator[bool]:
    """Do something with each row; yield whether it is done."""
    faults = dict(TaskFault.objects.filter(task=task).values_list("row", "retry_at"))
    now = timezone.now()
    for row in rows:
        retry_at = faults.get(str(row.pk))
        is_paused = retry_at is not None and retry_at > now
        yield not is_paused and attempt(task, row.pk, act, row, has_failed=retry_at is not None)


def attempt(
    task: str,
    key: object,
    act: Callable[..., object],
    *arguments: object,
    has_failed: bool = True,
) -> bool:
    """Call a function; return whether it went without an exception, which is noted otherwise.

    `has_failed` says whether an earlier fault may have to be forgotten.
    """
    try:
        act(*arguments)
    except DATABASE_GONE:  # no row is at fault, and the whole task is tried again
        raise
    except Exception as error:
        note(task, str(key), error)
        return False
    faults = TaskFault.objects.filter(task=task, row=str(key))
    if has_failed and faults.exists():  # a deletion would wait for other writers
        faults.delete()
    return True


def is_paused(task: str, key: object) -> bool:
    """Return whether a row waits for its next try."""
    faults = TaskFault.objects.filter(task=task, row=str(key))
    return faults.filter(retry_at__gt=timezone.now()).exists()


def note(task: str, key: str, error: Exception) -> None:
    """Store that a row failed, with a pause that grows from try to try.

    Neither the row's text nor the exception's is kept or logged: they may be a person's.
    """
    fault, _ = TaskFault.objects.get_or_create(task=task, row=key)
    pause = RETRY_PAUSES[min(fault.tries, len(RETRY_PAUSES) - 1)]
    fault.tries += 1
    fault.reason = type(error).__name__
    fault.retry_at = timezone.now() + pause
    fault.save()
    logger.error("%s: row %s failed with %s", task, key, place_of(error))


def place_of(error: Exception) -> str:
    """Return the kind of an exception and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
