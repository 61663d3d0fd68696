"""What a killed worker left half-done is taken up again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from vasite.mail.tasks import deliver_due
from vasite.serving import background
from vasite.serving.models import ALIVE_FOR, Worker
from vasite.serving.tasks import resume_abandoned_tasks

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


def test_an_error_that_nobody_foresaw_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worker = background.BackgroundWorker(tell_watcher=lambda: None)
    monkeypatch.setattr(background, "resume_abandoned_tasks", lambda _: 1 / 0)
    assert worker.take_a_turn() == background.TRY_AGAIN_SECONDS
    assert "ZeroDivisionError" in caplog.text
