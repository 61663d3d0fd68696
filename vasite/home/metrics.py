"""What the site tells a monitor, in Prometheus's format: how much waits, and for how long."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from contact.models import Enquiry
from newsletter.models import Comment, Delivery
from vasite.mail.models import OutgoingMail
from vasite.serving.models import Worker


class SiteCollector(Collector):
    """Asks the database at each visit of the monitor."""

    def describe(self) -> Iterable[Gauge]:
        return []  # or it would be asked for all once more when it is registered

    def collect(self) -> Iterator[Gauge]:
        now = timezone.now()
        alive = Worker.objects.alive(now).count()
        yield Gauge("vasite_workers", "Workers that gave a sign of life", alive)
        tasks = DBTaskResult.objects
        yield by_label("vasite_tasks", "Background tasks", "status", tasks, "status")
        waiting = tasks.filter(status=TaskResultStatus.READY)
        yield Gauge(
            "vasite_oldest_task_seconds",
            "For how long the oldest task has been waiting",
            age(waiting.aggregate(since=Min("enqueued_at"))["since"], now),
        )
        mails = OutgoingMail.objects
        yield by_label("vasite_mails", "Mails of the outbox", "status", mails, "status")
        yield Gauge(
            "vasite_oldest_mail_seconds",
            "For how long the oldest mail that waits has been written",
            age(mails.waiting().aggregate(since=Min("created_at"))["since"], now),
        )
        letters = Delivery.objects
        yield by_label("vasite_letters", "Newsletters to one reader", "status", letters, "status")
        enquiries = Enquiry.objects
        yield by_label("vasite_enquiries", "Messages of the form", "state", enquiries, "state")
        comments = Comment.objects
        yield by_label("vasite_comments", "Comments", "status", comments, "status")
        disk = shutil.disk_usage(settings.DATA_DIR)
        yield Gauge("vasite_disk_free_bytes", "Room where DATA_DIR lies", disk.free)
        yield Gauge("vasite_disk_bytes", "Size of the disk where DATA_DIR lies", disk.total)


def by_label(name, text, label, rows, column) -> Gauge:
    """Gives how many rows have each value of a column."""
    gauge = Gauge(name, text, labels=[label])
    for value, count in rows.order_by().values_list(column).annotate(Count("pk")):
        gauge.add_metric([value.lower()], count)
    return gauge


def age(since: datetime | None, now: datetime) -> float:
    """Gives the seconds since a moment, 0 if there is none."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


registry = CollectorRegistry()
registry.register(SiteCollector())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answers who has METRICS_TOKEN; for all others there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
