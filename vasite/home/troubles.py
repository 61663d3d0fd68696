"""Troubles that the owner is told of without a monitor: by email, and on the dashboard.

The worker looks for them every few minutes; each web process looks whether there is a worker. The
emails go past the outbox, which the worker empties. They name nobody.
"""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from vasite.business.models import BusinessSettings
from vasite.home.models import MAX_DETAIL_LENGTH, Trouble
from vasite.mail.direct import send_directly
from vasite.mail.letters import write_email
from vasite.mail.models import RETRY_PAUSES, OutgoingMail, moment
from vasite.serving.faults import attempt
from vasite.serving.models import Worker
from vasite.serving.tasks import AbandonedTaskError

logger = logging.getLogger("vasite.event")
Kind = Trouble.Kind
CHECKS = "Checks of the website"  # name of their faults
WORKER_SILENCE = timedelta(minutes=3)
FAILED_TRIES = 3  # emails, or runs of a task, in a row
FAILED_SINCE = timedelta(days=7)
MAX_EMAILS = 200  # looked at
TASKS_SINCE = timedelta(days=2)
STUCK_AFTER = timedelta(minutes=30)  # a task works in slices of seconds; the longest takes minutes
A_DAY = 86_400  # seconds
ABANDONED = f"{AbandonedTaskError.__module__}.{AbandonedTaskError.__qualname__}"
EXPIRES_SOON = timedelta(days=14)
CONNECT_TIMEOUT = 10  # seconds
# A trouble that comes and goes is one trouble
CALM = timedelta(hours=1)
REMIND_AFTER = timedelta(days=1)
RETRY_AFTER = timedelta(hours=1)
# A server in front that is restarted is no trouble, nor a machine that wakes up
PATIENCE = {Kind.WORKER: timedelta(minutes=2), Kind.UNREACHABLE: timedelta(minutes=15)}
# Of a row that no task can deal with, nobody can do more after the second email than the first
TOLD_ONCE = {Kind.UNREACHABLE, Kind.TASKS}
TOLD_OF_CHANGES = {Kind.TASKS}


@task()
def check_site() -> None:
    """Look for every trouble that the worker can see. A check that fails keeps no other back."""
    finders = {
        Kind.EMAIL: undelivered_emails,
        Kind.DISK: low_disk,
        Kind.TASKS: failing_tasks,
    }
    for kind, find in finders.items():
        attempt(CHECKS, kind, check, kind, find)
    attempt(CHECKS, "address", check_address)


def check_worker() -> None:
    """Look whether there is a worker. Called by the web processes (settings.WORKER_CHECK)."""
    check(Kind.WORKER, silent_worker)


def check(kind: Trouble.Kind, find: Callable[[], str]) -> None:
    note(kind, find())


# What is looked for: each returns the detail of a trouble, "" if there is none


def silent_worker() -> str:
    seen_at = Worker.objects.before_tomorrow().aggregate(at=Max("seen_at"))["at"]
    if seen_at is None:
        return "It has not started yet."
    if seen_at < timezone.now() - WORKER_SILENCE:
        return f"It was last seen on {moment(seen_at)}."
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    stuck = running.filter(started_at__lt=timezone.now() - STUCK_AFTER).first()
    return f"It has been at one task since {moment(stuck.started_at)}." if stuck else ""


def undelivered_emails() -> str:
    """Count the tries that failed since the last email that a mail server took."""
    now = timezone.now()
    sent = OutgoingMail.objects.filter(status=OutgoingMail.Status.SENT)
    since = now - FAILED_SINCE
    if last_sent := sent.aggregate(at=Max("sent_at"))["at"]:
        since = max(since, last_sent)
    failed = OutgoingMail.objects.filter(
        status__in=[OutgoingMail.Status.WAITING, OutgoingMail.Status.FAILED],
        send_after__gt=since,
        attempts__gt=0,
    ).only("status", "send_after", "created_at", "attempts")
    tries = 0
    for mail in failed[:MAX_EMAILS]:
        if failed_at(mail) > since:
            tries += mail.attempts if mail.created_at > since else 1
    if tries < FAILED_TRIES:
        return ""
    waiting = OutgoingMail.objects.filter(status=OutgoingMail.Status.WAITING).count()
    return f"The last {FAILED_TRIES} tries or more have failed. Emails waiting: {waiting}."


def failed_at(mail: OutgoingMail) -> datetime:
    """Return when an email was tried last; one that waits holds the time of its next try."""
    is_waiting = mail.status == OutgoingMail.Status.WAITING
    return mail.send_after - RETRY_PAUSES[mail.attempts - 1] if is_waiting else mail.send_after


def low_disk() -> str:
    disk = shutil.disk_usage(settings.DATA_DIR)
    limit = min(settings.LOW_DISK["bytes"], disk.total * settings.LOW_DISK["share"])
    if disk.free >= limit:
        return ""
    return f"{filesizeformat(disk.free)} of {filesizeformat(disk.total)} are free."


def failing_tasks() -> str:
    """Name the nightly tasks whose last run failed, or did nothing but fail; the others whose last
    runs did; and those that no worker survives."""
    recent = DBTaskResult.objects.filter(finished_at__gt=timezone.now() - TASKS_SINCE).order_by()
    failed = recent.failed().values_list("task_path", flat=True).distinct()
    return ", ".join(path for path in sorted(failed) if keeps_failing(path))


def keeps_failing(path: str) -> bool:
    finished = DBTaskResult.objects.finished().filter(task_path=path).order_by("-finished_at")
    runs = list(finished[:FAILED_TRIES])
    is_nightly = settings.PERIODIC_TASKS.get(path, 0) >= A_DAY
    is_enough = is_nightly or runs[0].exception_class_path == ABANDONED
    count = 1 if is_enough else FAILED_TRIES
    return [run.status for run in runs[:count]] == [TaskResultStatus.FAILED] * count


def check_address() -> None:
    """Look at the certificate of an https site as a browser does."""
    expiry = ""
    try:
        if settings.IS_HTTPS:
            begins_at, expires_at = certificate_period()
            # Short-lived ones are renewed late
            if expires_at - timezone.now() < min(EXPIRES_SOON, (expires_at - begins_at) / 6):
                expiry = f"It expires on {moment(expires_at)}."
    except ssl.SSLCertVerificationError as error:
        expiry = f"Browsers don’t accept it: {error.verify_message}."
    except OSError as error:  # whether the certificate is well stays unknown
        note(Kind.UNREACHABLE, f"The connection failed: {error.strerror or type(error).__name__}.")
        return
    note(Kind.UNREACHABLE, "")
    note(Kind.CERTIFICATE, expiry)


def certificate_period() -> tuple[datetime, datetime]:
    """Return from when until when the certificate at SITE_URL is valid.

    Raises SSLCertVerificationError for one that browsers refuse, OSError for no connection.
    """
    address = settings.SITE_HOST, urlsplit(settings.SITE_URL).port or 443
    context = ssl.create_default_context()
    with (
        socket.create_connection(address, timeout=CONNECT_TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=settings.SITE_HOST) as encrypted,
    ):
        facts = encrypted.getpeercert() or {}
    begin, end = (ssl.cert_time_to_seconds(str(facts[name])) for name in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)


# What becomes of it


def note(kind: Trouble.Kind, detail: str) -> None:
    """Store that there is a trouble of a kind, or with no detail that there is none, and send the
    email that is due about it."""
    detail = detail[:MAX_DETAIL_LENGTH]
    trouble = Trouble.objects.filter(kind=kind).first()
    if trouble is None and detail:
        now = timezone.now()
        facts = {"detail": detail, "since": now, "email_due_at": now}
        trouble, is_new = Trouble.objects.get_or_create(kind=kind, defaults=facts)
        if is_new:
            logger.warning("Trouble began: %s", kind)
    if trouble:
        follow(trouble, detail)


def follow(trouble: Trouble, detail: str) -> None:
    """Store what has become of a trouble since it was read, and send the email that is due."""
    now, news = timezone.now(), dict[str, Any]()
    if detail and trouble.well_since:
        news = {"detail": detail, "well_since": None, "email_due_at": reminder(trouble)}
    elif detail and detail != trouble.detail:
        news = {"detail": detail}
        if trouble.kind in TOLD_OF_CHANGES and trouble.told_at:
            news["email_due_at"] = trouble.told_at + REMIND_AFTER
    elif not detail and not trouble.well_since:
        news = {"well_since": now, "email_due_at": now + CALM}
    if (news and not change(trouble, **news)) or not is_due(trouble.email_due_at, now):
        return
    if trouble.well_since:
        end(trouble)
    elif abs(now - trouble.since) >= PATIENCE.get(Kind(trouble.kind), timedelta()):
        tell(trouble)


def is_due(at: datetime | None, now: datetime) -> bool:
    """Return whether an email is due; further ahead than any, the machine's clock was put back."""
    return at is not None and not now < at < now + 2 * REMIND_AFTER


def change(trouble: Trouble, **fields: Any) -> bool:
    """Set and store some fields. Return False, with nothing stored, if another process has dealt
    with the trouble since it was read."""
    known = {"email_due_at": trouble.email_due_at, "well_since": trouble.well_since}
    rows = Trouble.objects.filter(pk=trouble.pk, **known)
    vars(trouble).update(fields)
    return bool(rows.update(**fields))


def claim(trouble: Trouble) -> bool:
    """Take the email that is due, until it is due again; return False if another process has."""
    return change(trouble, email_due_at=timezone.now() + RETRY_AFTER)


def tell(trouble: Trouble) -> None:
    if claim(trouble) and send_email(trouble, f"Your website: {trouble}"):
        trouble.told_at = timezone.now()
        Trouble.objects.filter(pk=trouble.pk).update(told_at=trouble.told_at)
        change(trouble, email_due_at=reminder(trouble))  # unless it was over meanwhile


def end(trouble: Trouble) -> None:
    """Tell that a trouble is over, unless it was too short to be told of, and forget it."""
    lasted = abs((trouble.well_since or trouble.since) - trouble.since)
    is_short = lasted < PATIENCE.get(Kind(trouble.kind), timedelta())
    if not claim(trouble):
        return
    can_tell = bool(settings.MAIL_TRANSPORT and recipient())
    if is_short or not can_tell or send_email(trouble, f"Solved: {trouble}"):
        trouble.delete()
        logger.info("Trouble is over: %s", trouble.kind)


def reminder(trouble: Trouble) -> datetime | None:
    """Return when the next email about a trouble that lasts is due."""
    if trouble.told_at is None:
        return timezone.now()
    return None if trouble.kind in TOLD_ONCE else trouble.told_at + REMIND_AFTER


def send_email(trouble: Trouble, subject: str) -> bool:
    address = recipient()
    if not address:
        return False
    context = {"trouble": trouble, "is_told_once": trouble.kind in TOLD_ONCE}
    return send_directly(
        write_email("home/mail/trouble.html", context, subject=subject, to=[address])
    )


def recipient() -> str:
    """Return who is told: the operator if the site has one, else the owner; "" for nobody."""
    return settings.OPERATOR_EMAIL or BusinessSettings.load().email
