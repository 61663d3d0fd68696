"""What is due by the clock runs once, however many workers there are or start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from vasite.mail.tasks import deliver_due
from vasite.serving.background import POLL_SECONDS, BackgroundWorker
from vasite.serving.models import Worker
from vasite.serving.schedule import enqueue_due

PUBLISHING = "vasite.serving.tasks.publish_scheduled_pages"


def enqueued_by_a_worker() -> list[str]:
    """Return the tasks that a worker finds due and takes from the queue."""
    enqueue_due()
    found = list(DBTaskResult.objects.values_list("task_path", flat=True))
    DBTaskResult.objects.all().delete()
    return found


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_operator_whose_worker_starts_anew_has_nothing_run_again() -> None:
    for _ in range(2):
        worker = BackgroundWorker(tell_watcher=lambda: None)
        while worker.take_a_turn() != POLL_SECONDS:
            pass
    finished = sorted(DBTaskResult.objects.successful().values_list("task_path", flat=True))
    assert finished == sorted(settings.PERIODIC_TASKS)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(("tries", "status"), [(1, "SUCCESSFUL"), (5, "FAILED")])
def test_a_task_whose_end_the_database_did_not_take_is_run_again_a_few_times(
    tries: int, status: str
) -> None:
    worker = BackgroundWorker(tell_watcher=lambda: None)
    Worker.objects.create(worker_id=worker.worker_id, seen_at=timezone.now())
    result = deliver_due.enqueue().db_result
    for _ in range(tries):
        result.claim(worker.worker_id)
    worker.take_a_turn()
    result.refresh_from_db()
    assert result.status == status


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_operator_of_four_workers_has_each_task_run_once() -> None:
    together = Barrier(4)

    def look(_: int) -> None:
        together.wait()
        enqueue_due()
        connection.close()

    now = timezone.now()
    with ThreadPoolExecutor(4) as workers:
        for days in range(3):
            with time_machine.travel(now + timedelta(days=days), tick=False):
                list(workers.map(look, range(4)))
            paths = list(DBTaskResult.objects.values_list("task_path", flat=True))
            assert sorted(paths) == sorted(settings.PERIODIC_TASKS)
            DBTaskResult.objects.all().delete()


def test_owner_whose_page_is_scheduled_has_it_published_twice_a_minute(db: None) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        assert PUBLISHING in enqueued_by_a_worker()
        clock.shift(29)
        assert enqueued_by_a_worker() == []
        clock.shift(1)
        assert PUBLISHING in enqueued_by_a_worker()
        assert "vasite.content.tasks.count_words" not in enqueued_by_a_worker()


def test_operator_of_two_machines_whose_clocks_differ_has_nothing_run_without_end(
    db: None,
) -> None:
    now = timezone.now()
    for _ in range(2):
        with time_machine.travel(now + timedelta(seconds=40), tick=False):
            enqueued_by_a_worker()
        with time_machine.travel(now, tick=False):
            assert enqueued_by_a_worker() == []


def test_owner_whose_machine_has_its_clock_put_back_does_not_wait_for_it(db: None) -> None:
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=400), tick=False):
        assert PUBLISHING in enqueued_by_a_worker()
    with time_machine.travel(now, tick=False):
        assert sorted(enqueued_by_a_worker()) == sorted(settings.PERIODIC_TASKS)
        assert enqueued_by_a_worker() == []
