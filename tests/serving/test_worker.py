"""What a killed worker left half-done is taken up again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from vasite.mail.tasks import deliver_due
from vasite.serving import background
from vasite.serving.models import ALIVE_FOR, Worker
from vasite.serving.schedule import periodic_tasks
from vasite.serving.tasks import MAX_TRIES, AbandonedTaskError, resume_abandoned_tasks

pytestmark = pytest.mark.django_db


def begun_by(worker_id: str) -> DBTaskResult:
    deliver_due.enqueue()
    result = DBTaskResult.objects.latest("enqueued_at")
    result.claim(worker_id)
    return result


def test_a_dead_workers_task_is_ready_again() -> None:
    Worker.objects.create(
        worker_id="dead", seen_at=timezone.now() - ALIVE_FOR - timedelta(seconds=1)
    )
    result = begun_by("dead")
    assert resume_abandoned_tasks() == 1
    result.refresh_from_db()
    assert result.status == "READY"


def test_a_living_workers_task_is_left_alone() -> None:
    Worker.objects.create(worker_id="living", seen_at=timezone.now())
    begun_by("living")
    assert resume_abandoned_tasks() == 0


def test_a_task_that_no_worker_survives_fails_and_the_others_go_on() -> None:
    result, other = begun_by("worker-1"), begun_by("worker-1")
    for number in range(2, MAX_TRIES + 1):
        assert resume_abandoned_tasks() == 2
        for one in (result, other):
            one.refresh_from_db()
        result.claim(f"worker-{number}")
        if number == MAX_TRIES:
            other.set_successful(None)
        else:
            other.claim(f"worker-{number}")
    assert resume_abandoned_tasks() == 0
    result.refresh_from_db()
    other.refresh_from_db()
    assert (result.status, other.status) == ("FAILED", "SUCCESSFUL")
    assert result.finished_at is not None
    assert result.task_result.errors[0].exception_class is AbandonedTaskError
    assert resume_abandoned_tasks() == 0


def test_a_task_of_which_one_worker_can_never_store_the_end_fails() -> None:
    Worker.objects.create(worker_id="living", seen_at=timezone.now())
    result = begun_by("living")
    for _ in range(MAX_TRIES - 1):
        assert resume_abandoned_tasks("living") == 1
        result.refresh_from_db()
        result.claim("living")
    assert resume_abandoned_tasks("living") == 0
    result.refresh_from_db()
    assert result.status == "FAILED"


def test_an_error_that_nobody_foresaw_does_not_end_it(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    worker = background.BackgroundWorker(tell_watcher=lambda: None)
    settings.PERIODIC_TASKS = {"nowhere.tasks.forgotten": 60}
    periodic_tasks.cache_clear()
    try:
        assert worker.take_a_turn() == background.TRY_AGAIN_SECONDS
    finally:
        periodic_tasks.cache_clear()
    assert "ModuleNotFoundError" in caplog.text
