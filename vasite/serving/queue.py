"""Tasks that do all that is due: one that waits is enough."""

from __future__ import annotations

from typing import Any

from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

NO_ARGUMENTS: dict[str, Any] = {"args": [], "kwargs": {}}


def enqueue_once(task: Task[..., Any]) -> None:
    """Enqueue a task without arguments unless it waits already.

    On PostgreSQL the worker may take the waiting one a moment before the caller's transaction
    ends; what that run misses, the next by the clock does (PERIODIC_TASKS).
    """
    if not is_waiting(task):
        task.enqueue()


def enqueue_rest(task: Task[..., Any], **arguments: Any) -> None:
    """Enqueue what a long task has left, unless it waits to begin anew anyway."""
    if not is_waiting(task):
        task.enqueue(**arguments)


def is_waiting(task: Task[..., Any]) -> bool:
    """Return whether a task waits that has no arguments and so does all that is due."""
    waiting = DBTaskResult.objects.ready().filter(task_path=task.module_path)
    return waiting.filter(args_kwargs=NO_ARGUMENTS).exists()
