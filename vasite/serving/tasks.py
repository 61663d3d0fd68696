"""What the worker does for the site as a whole."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta

from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from wagtail.models import DraftStateMixin, Page, Revision

from vasite.retention import RETENTION
from vasite.serving.faults import for_each
from vasite.serving.media import DRAFTS
from vasite.serving.models import TaskFault, Worker
from vasite.serving.slices import delete_in_slices

logger = logging.getLogger("vasite.event")
MAX_TRIES = 5


class AbandonedTaskError(Exception):
    """A task of which no worker has stored the end, however often it was begun."""


@task()
def publish_scheduled_pages() -> None:
    """Unpublish and publish what is due, as Wagtail's `publish_scheduled` does, row by row: one
    that can't be published does not keep the others back."""
    now = timezone.now()
    drafts = [model for model in apps.get_models() if issubclass(model, DraftStateMixin)]
    for model in [Page, *(model for model in drafts if not issubclass(model, Page))]:
        expired = model._default_manager.filter(live=True, expire_at__lt=now)
        for_each("Scheduled unpublishing", list(expired.order_by("expire_at")), unpublish)
    due = Revision.objects.filter(approved_go_live_at__lt=now).order_by("approved_go_live_at")
    for_each("Scheduled publishing", list(due), publish)


def unpublish(entry: DraftStateMixin) -> None:
    """Take down a page or another entry whose time is over."""
    entry.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


def publish(revision: Revision) -> None:
    """Publish a revision whose time has come."""
    revision.publish(log_action="wagtail.publish.scheduled")


@task()
def prune_finished_tasks() -> None:
    """Deletes the record of tasks that ended some days ago, and of workers long gone."""
    call_command(
        "prune_db_task_results", min_age_days=RETENTION["finished_tasks"].period.days, verbosity=0
    )
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    # The row was deleted, or is no longer due
    TaskFault.objects.filter(retry_at__lt=timezone.now() - RETENTION["task_faults"].period).delete()


@task()
def forget_sign_in_attempts() -> int:
    """Delete the failed sign-ins that no limit counts any more, and return their number."""
    before = timezone.now() - RETENTION["sign_in_attempts"].period
    old = AccessAttempt.objects.filter(attempt_time__lt=before)
    return delete_in_slices(forget_sign_in_attempts, old)


@task()
def forget_sessions() -> int:
    """Delete the sessions that have ended, and return their number."""
    ended = Session.objects.filter(expire_date__lte=timezone.now())
    return delete_in_slices(forget_sessions, ended)


@task()
def delete_drafts() -> int:
    """Delete the files that a killed process left unfinished, and return their number."""
    deleted, before = 0, time.time() - 86_400
    for folder in (settings.MEDIA_ROOT, settings.PRIVATE_MEDIA_ROOT):
        for path in folder.rglob(DRAFTS):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    deleted += 1
    return deleted


def resume_abandoned_tasks(asking: str = "") -> int:
    """Make the tasks that a dead worker had begun ready again, and return their number.

    A worker is dead when it gave no sign of life for `models.ALIVE_FOR`. The one that is asking
    works on none: it could not store the end of what it had begun. Tasks may thus run twice: each
    has to be written so that its second run does no harm. One that was begun MAX_TRIES times has
    failed: it may be what kills the workers.
    """
    alive = set(Worker.objects.alive().values_list("worker_id", flat=True)) - {asking}
    resumed = 0
    for result in DBTaskResult.objects.running():
        if alive.intersection(result.worker_ids[-1:]):
            continue
        own = DBTaskResult.objects.filter(
            pk=result.pk, status=TaskResultStatus.RUNNING, worker_ids=result.worker_ids
        )
        if len(result.worker_ids) < MAX_TRIES:
            resumed += own.update(status=TaskResultStatus.READY)
        elif own.update(status=TaskResultStatus.FAILED):  # no other worker found it
            result.set_failed(AbandonedTaskError(f"Begun {MAX_TRIES} times and never ended"))
            logger.error("%s was begun %d times and never ended", result.task_path, MAX_TRIES)
    if resumed:
        logger.warning("Took up %d task(s) that a stopped worker left half-done", resumed)
    return resumed
