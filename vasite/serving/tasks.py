"""What the worker does for the site as a whole."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from vasite.serving.models import Worker

logger = logging.getLogger("vasite.event")


@task()
def publish_scheduled_pages() -> None:
    """Publishes and takes down what is due."""
    call_command("publish_scheduled", verbosity=0)


@task()
def prune_finished_tasks() -> None:
    """Deletes the record of tasks that ended over three days ago, and of workers long gone."""
    call_command("prune_db_task_results", min_age_days=3, verbosity=0)
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()


def resume_abandoned_tasks() -> int:
    """Makes the tasks that a dead worker had begun ready again, and gives their number.

    A worker is dead when it gave no sign of life for `models.ALIVE_FOR`. Tasks may thus run
    twice: each has to be written so that its second run does no harm.
    """
    alive = set(Worker.objects.alive().values_list("worker_id", flat=True))
    resumed = 0
    for result in DBTaskResult.objects.running():
        if not alive.intersection(result.worker_ids[-1:]):
            resumed += DBTaskResult.objects.filter(
                pk=result.pk, status=TaskResultStatus.RUNNING, worker_ids=result.worker_ids
            ).update(status=TaskResultStatus.READY)
    if resumed:
        logger.warning("Took up %d task(s) that a stopped worker left half-done", resumed)
    return resumed
