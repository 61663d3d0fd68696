"""Tasks that do all that is due: one that waits is enough."""

from __future__ import annotations

from typing import Any

from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult


def enqueue_once(task: Task[..., Any]) -> None:
    """Enqueues a task without arguments unless it waits already.

    On PostgreSQL the worker may take the waiting one a moment before the caller's transaction
    ends; what that run misses, the next by the clock does (PERIODIC_TASKS).
    """
    waiting = DBTaskResult.objects.ready().filter(task_path=task.module_path)
    if not waiting.exists():
        task.enqueue()
