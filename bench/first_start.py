"""The first start of a site with 2,000 posts, which draws and counts everything while it is in use.

bench/seed.py makes the posts, without cards, renditions or anything else of the worker's; beside
them are the comments, subscribers, enquiries and emails of some years, and old versions of the
posts. Until all tasks of the clock have come to their end, a visitor writes by a form every few
seconds, as from a browser that solves the challenge, and the owner publishes a post each half
minute. An email's wait is from the form to the mail server's "OK", as the outbox notes it; those
beyond the limits of an hour (settings.EMAILS_PER_HOUR) are held, and not counted.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

from bench import figure, post_form
from bench.campaigns import sink
from bench.flood import OWNER, solve
from bench.latency import POSTGRESQL
from bench.spam.messages import messages
from tests.served import ServedSite, fresh_database
from tests.shell import Shell
from vasite.environment import PROJECT_DIR

POSTS, MOST_SECONDS = 2000, 3600
VISIT_EACH, PUBLISH_EACH = 10, 30  # seconds
SLICE_ALLOWED, EMAIL_ALLOWED, FORM_ALLOWED = 8, 10, 5  # seconds
MESSAGES = messages("test", "ham", 200)
CROWD = """
from datetime import timedelta
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.models import Page, Revision
from blog.models import BlogPostPage
from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from vasite.forms.models import Trace
from vasite.mail.models import OutgoingMail
now = timezone.now()
def addressed(number):
    return {"email": f"r{number}@example.com", "email_key": f"r{number}@example.com"}
def hashed(one, number):
    one.set_content("crowd", str(number))
    return one
def make(model, count, fields):
    rows = (model(**fields(number)) for number in range(count))
    rows = [hashed(row, n) if hasattr(row, "set_content") else row for n, row in enumerate(rows)]
    model.objects.bulk_create(rows, batch_size=1000)
posts = list(BlogPostPage.objects.all())
words = "Words of somebody who wrote. " * 8
make(Comment, 20_000, lambda n: addressed(n) | {
    "page": posts[n % len(posts)], "name": f"Reader {n}", "comment": words, "told_at": now,
    "status": "approved" if n % 10 else "spam", "verdict": "ham" if n % 10 else "spam",
    "received_at": now - timedelta(days=n % 400)})
make(Enquiry, 3000, lambda n: addressed(n) | {
    "name": f"Writer {n}", "message": words, "told_at": now,
    "state": "answered" if n % 3 else "spam", "verdict": "ham" if n % 3 else "spam",
    "received_at": now - timedelta(days=n % 400)})
make(Subscriber, 20_000, lambda n: addressed(n) | {
    "name": f"Reader {n}", "status": "confirmed", "confirmed_at": now})
make(OutgoingMail, 5000, lambda n: {
    "subject": "An old one", "sender": "va@example.com", "recipients": [f"r{n}@example.com"],
    "text": words, "status": "sent", "created_at": now - timedelta(days=n % 60),
    "sent_at": now - timedelta(days=n % 60)})
make(Trace, 20_000, lambda n: {"mark": f"{n:032}", "seen_at": now - timedelta(hours=n % 48)})
kind, page = (ContentType.objects.get_for_model(model) for model in (BlogPostPage, Page))
Revision.objects.bulk_create(
    [Revision(content_type=kind, base_content_type=page, object_id=str(post.pk),
              content=post.serializable_data(), object_str=post.title,
              created_at=now - timedelta(days=days))
     for post in posts for days in (800, 600, 400)], batch_size=500)
"""
PUBLISH = """
import time
from blog.models import BlogPostPage
post = BlogPostPage.objects.get(slug="post-NUMBER")
post.title += " anew"
post.get_full_url()  # the code of all addresses is loaded, as in a web process
started = time.perf_counter()
post.save_revision().publish()
print(time.perf_counter() - started)
"""
IS_OVER = """
from django.conf import settings
from django_tasks_db.models import DBTaskResult as Result
ended = set(Result.objects.finished().values_list("task_path", flat=True))
waits = Result.objects.exclude(pk__in=Result.objects.finished()).filter(priority__lt=0).exists()
print(not waits and ended >= settings.PERIODIC_TASKS.keys())
"""
OUTCOME = """
import json
from collections import defaultdict
from django_tasks_db.models import DBTaskResult as Result
from vasite.mail.models import OutgoingMail
from vasite.serving.models import TaskFault
runs = defaultdict(list)
for run in Result.objects.finished().filter(started_at__isnull=False):
    name = run.task_path.rpartition(".")[2]
    runs[name].append((run.finished_at - run.started_at).total_seconds())
recent = OutgoingMail.objects.exclude(subject="An old one")
waits = [(mail.sent_at - mail.created_at).total_seconds() for mail in recent.filter(status="sent")]
print(json.dumps({
    "failed": Result.objects.failed().count() + TaskFault.objects.count(),
    "runs": runs, "waits": waits, "waiting": recent.filter(status="waiting").count(),
}))
"""


def measure() -> str:
    lines = [
        "| database | all done after, s | tasks run, failed | “database is locked” "
        "| longest slice, s | allowed | emails | taken after, s: middle, longest | allowed "
        "| forms | longest, s | allowed | posts published | longest, s | allowed |",
        f"|---|{'--:|' * 14}",
    ]
    longest = []
    for database, url in (("SQLite", ""), ("PostgreSQL", POSTGRESQL)):
        row, tasks = first_start(url)
        lines.append(f"| {database} | {row} |")
        longest.append(f"{database}, runs of a task, their seconds, the longest: {tasks}.")
    return "\n\n".join(["\n".join(lines), *longest])


def first_start(url: str) -> tuple[str, str]:
    """Return the rest of a row, and the tasks that took most time."""
    data_dir = Path(tempfile.mkdtemp(prefix="bench-first-start-"))
    database = {"DATABASE_URL": fresh_database("vasite_bench_first", url)}
    place = os.environ | database | {"DATA_DIR": str(data_dir)}
    subprocess.check_call([sys.executable, "bench/seed.py", str(POSTS)], env=place)
    shell = Shell(PROJECT_DIR, place)
    shell.run(OWNER)
    shell.run(CROWD)
    shell.close()
    is_over = threading.Event()
    with (
        sink() as mails,
        ServedSite(data_dir, EMAIL_URL=mails.url, **database) as site,
        ThreadPoolExecutor(2) as people,
    ):
        started = time.monotonic()
        visitor = people.submit(again_and_again, is_over, VISIT_EACH, partial(write, site))
        owner = people.submit(again_and_again, is_over, PUBLISH_EACH, partial(publish, site))
        try:
            while site.run_code(IS_OVER).split()[-1] == "False":
                assert time.monotonic() < started + MOST_SECONDS, site.run_code(OUTCOME)
                time.sleep(2)
        finally:
            is_over.set()
        seconds = time.monotonic() - started
        forms, posts = visitor.result(), owner.result()
        time.sleep(VISIT_EACH)  # for the last emails
        found = json.loads(site.run_code(OUTCOME).splitlines()[-1])
        locked = "".join(site.output).count("database is locked")
    runs, waits = found["runs"], found["waits"]
    total = sum(map(len, runs.values()))
    slice_ = max(map(max, runs.values()))
    cells = [
        f"{seconds:.0f}",
        f"{total:,}, {figure(found['failed'], 0)}",
        figure(locked, 0),
        figure(slice_, SLICE_ALLOWED, 1),
        str(SLICE_ALLOWED),
        f"{len(waits)}",
        f"{statistics.median(waits):.1f}, {figure(max(waits), EMAIL_ALLOWED, 1)}",
        str(EMAIL_ALLOWED),
        f"{len(forms)}",
        figure(max(forms), FORM_ALLOWED, 1),
        str(FORM_ALLOWED),
        f"{len(posts)}",
        figure(max(posts), FORM_ALLOWED, 1),
        str(FORM_ALLOWED),
    ]
    tasks = sorted(runs, key=lambda name: -sum(runs[name]))[:8]
    texts = [f"{n} {len(runs[n])}, {sum(runs[n]):.0f}, {max(runs[n]):.1f}" for n in tasks]
    return " | ".join(cells), "; ".join(texts)


def again_and_again(
    is_over: threading.Event, pause: float, act: Callable[[int], float]
) -> list[float]:
    """Return what an act returned each time, done with a pause of some seconds until it is over."""
    seconds = []
    for number in count():
        if is_over.wait(pause):
            return seconds
        seconds.append(act(number))
    return seconds


def write(site: ServedSite, number: int) -> float:
    """Send an enquiry or, every other time, subscribe, from a network of its own; return the
    seconds until the thanks."""
    proof = {"altcha": solve(site.port), "seconds": "40"}
    fields = {"email": f"person-{number}@example.com"}
    path = "/newsletter/subscribe/"
    if number % 2:
        path = "/contact/"
        fields |= {"name": f"Person {number}", "message": MESSAGES[number % len(MESSAGES)]}
    started = time.perf_counter()
    status = post_form(site.port, path, fields | proof, f"127.200.{number % 250}.1")
    assert status == http.client.SEE_OTHER, status
    return time.perf_counter() - started


def publish(site: ServedSite, number: int) -> float:
    """Publish a post anew and return the seconds it took."""
    return float(site.run_code(PUBLISH.replace("NUMBER", str(number))).split()[-1])
