"""The worker's sign of life."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

ALIVE_FOR = timedelta(seconds=20)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, now: datetime | None = None) -> WorkerQuerySet:
        """Workers that gave a sign of life within ALIVE_FOR."""
        return self.filter(seen_at__gt=(now or timezone.now()) - ALIVE_FOR)


class Worker(models.Model):
    """A worker process, known by the id that it puts on the tasks it takes."""

    worker_id = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.worker_id
