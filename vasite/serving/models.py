"""What all workers share: their signs of life, the clock of periodic tasks, and faulty rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

ALIVE_FOR = timedelta(seconds=20)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, now: datetime | None = None) -> WorkerQuerySet:
        """Workers that gave a sign of life within ALIVE_FOR."""
        now = now or timezone.now()
        return self.before_tomorrow(now).filter(seen_at__gt=now - ALIVE_FOR)

    def before_tomorrow(self, now: datetime | None = None) -> WorkerQuerySet:
        """All but those that ended before the machine's clock was put back by a day or more."""
        return self.filter(seen_at__lt=(now or timezone.now()) + timedelta(days=1))


class Worker(models.Model):
    """A worker process, known by the id that it puts on the tasks it takes."""

    worker_id = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.worker_id


class PeriodicRun(models.Model):
    """The time at which a periodic task was enqueued last, by whichever worker."""

    task = models.CharField(max_length=200, unique=True)
    last_run = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.task


class TaskFault(models.Model):
    """A row that a periodic task could not deal with, and the time of its next try."""

    task = models.CharField(max_length=80)
    row = models.CharField(max_length=64)
    reason = models.CharField(max_length=80, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "row"], name="one_fault_a_row")]
        ordering = ["first_at"]

    def __str__(self) -> str:
        return f"{self.task}: {self.row}"
