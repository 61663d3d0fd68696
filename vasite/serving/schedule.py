"""The clock of periodic tasks: in the database, one for all workers on all machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task

from vasite.serving.models import PeriodicRun
from vasite.serving.queue import enqueue_once

MOST_AHEAD = timedelta(minutes=2)  # of one machine's clock before another's


@cache
def periodic_tasks() -> list[tuple[Task[..., Any], timedelta]]:
    """Return the tasks of PERIODIC_TASKS, each with the time after which it is due again."""
    tasks = settings.PERIODIC_TASKS.items()
    return [(import_string(path), timedelta(seconds=seconds)) for path, seconds in tasks]


def enqueue_due() -> None:
    """Enqueue the periodic tasks that are due, each once however many workers look."""
    now = timezone.now()
    last_runs = dict(PeriodicRun.objects.values_list("task", "last_run"))
    new = [PeriodicRun(task=task.module_path) for task, _ in periodic_tasks()]
    if any(run.task not in last_runs for run in new):
        PeriodicRun.objects.bulk_create(new, ignore_conflicts=True)
    for task, period in periodic_tasks():
        last_run = last_runs.get(task.module_path)
        if last_run is None or is_over(period, last_run, now):
            enqueue_at(task, last_run, now)


def is_over(period: timedelta, last_run: datetime, now: datetime) -> bool:
    """Return whether a period has passed since a task's last run. One that lies ahead was another
    machine's, whose clock is ahead a little, or was before this machine's clock was put back."""
    return now - last_run >= period or last_run - now >= max(period, MOST_AHEAD)


def enqueue_at(task: Task[..., Any], last_run: datetime | None, now: datetime) -> None:
    """Enqueue a periodic task, unless another worker did so since its last run was read."""
    run = PeriodicRun.objects.filter(task=task.module_path, last_run=last_run)
    with transaction.atomic():  # a kill in between would lose a day's run
        if run.update(last_run=now):
            enqueue_once(task)
