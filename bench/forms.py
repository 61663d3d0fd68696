"""Forms and the desk: messages a second, and lists with 100,000 rows.

Enquiries are posted over HTTP by eight clients at once, each from many networks, to the served
site on the same cores; all of them are then looked for in the database. The post is asked for over
HTTP; the desk's list as the VA, by Django's client on the same database.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import figure, send_enquiry, wait_for_pictures
from bench.latency import POSTGRESQL, timed
from bench.wordpress import running_wordpress
from tests.served import ServedSite, fresh_database

MESSAGES, CLIENTS, WANTED = 2000, 8, {"SQLite": 150, "PostgreSQL": 300}
FILL = """
from datetime import timedelta
from django.utils import timezone
from blog.models import BlogPostPage
from newsletter.models import Comment
now = timezone.now()
post, other = BlogPostPage.objects.order_by("pk")[:2]
def make(page, number, **fields):
    comment = Comment(page=page, name=f"Reader {number}", email=f"r{number}@example.com",
                      comment="Words of a reader. " * 8, told_at=now,
                      received_at=now - timedelta(minutes=number), **fields)
    comment.set_content(str(page.pk), str(number))
    return comment
Comment.objects.bulk_create(
    [make(other, number, status="waiting") for number in range(100_000)], batch_size=2000)
Comment.objects.bulk_create([make(post, number, status="approved") for number in range(1000)])
print(post.get_url(), post.pk)
"""
DESK = """
import statistics, time
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from newsletter.models import Comment
va, anyone = Client(headers={"host": "127.0.0.1"}), Client(headers={"host": "127.0.0.1"})
va.force_login(get_user_model().objects.get(is_superuser=True))
def timed(client, path, rounds):
    client.get(path)
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        assert client.get(path).status_code == 200
        times.append((time.perf_counter() - started) * 1000)
    return times
lists = timed(va, "/admin/comments/", 20)
with CaptureQueriesContext(connection) as many:
    anyone.get("POST")
assert Comment.objects.filter(page_id=KEY).delete()[1]["newsletter.Comment"] >= 1000
with CaptureQueriesContext(connection) as none:
    anyone.get("POST")
keys = list(Comment.objects.filter(status="waiting").values_list("pk", flat=True)[:500])
ids = "&".join(f"id={key}" for key in keys)
started = time.perf_counter()
va.post(f"/admin/bulk/newsletter/comment/approve/?{ids}&next=/admin/comments/")
approving = time.perf_counter() - started
assert Comment.objects.filter(pk__in=keys, status="approved").count() == 500
print(statistics.median(lists), len(many) - len(none), approving)
"""


def measure() -> str:
    lines = [
        "| database | messages a second | wanted | list of 100,000 comments, ms | allowed "
        "| post with 1,000 comments, p99, ms | allowed | more queries than with none | allowed "
        "| approving 500, s | allowed |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for database, url in (("SQLite", ""), ("PostgreSQL", POSTGRESQL)):
        address = fresh_database("vasite_bench_forms", url)
        with ServedSite(
            Path(tempfile.mkdtemp()), WEB_CONCURRENCY="2", DATABASE_URL=address
        ) as site:
            wait_for_pictures(site)
            rate = post_messages(site)
            path, key = site.run_code(FILL).split()[-2:]
            p99 = statistics.quantiles(timed(site.port, path), n=100)[98]
            times = site.run_code(DESK.replace("POST", path).replace("KEY", key)).split()
        median, queries, approving = (float(value) for value in times[-3:])
        wanted = WANTED[database]
        lines.append(
            f"| {database} | {rate:.0f}{' (missed)' if rate < wanted else ''} | {wanted} "
            f"| {figure(median, 200)} | 200 | {figure(p99, 150)} | 150 "
            f"| {figure(queries, 3)} | 3 | {figure(approving, 2, 2)} | 2 |"
        )
    return "\n".join([*lines, "", post_comments()])


def post_messages(site: ServedSite) -> float:
    """Gives how many enquiries a second were thanked for; each of them is in the database."""
    rate = messages_a_second(
        lambda source, name, email, text: send_enquiry(
            site.port, source, {"name": name, "email": email, "message": text}
        )
    )
    count = (
        "from contact.models import Enquiry; "
        "print(Enquiry.objects.filter(name__startswith='Visitor ').count())"
    )
    assert int(site.run_code(count).split()[-1]) == MESSAGES
    return rate


def post_comments() -> str:
    """Gives the same for WordPress's comments, in a sentence."""
    with running_wordpress() as wordpress:
        if wordpress is None:
            return "WordPress is not installed here."
        rate = messages_a_second(wordpress.send_comment)
        count = "SELECT COUNT(*) FROM wp_comments WHERE comment_author LIKE 'Visitor %'"
        assert int(wordpress.sql(count)) == MESSAGES
    return f"WordPress took {rate:.0f} comments a second from the same clients."


def messages_a_second(send: Callable[[str, str, str, str], bool]) -> float:
    """Gives the rate at which eight clients, each from many networks, were thanked."""

    def send_some(part: int) -> int:
        return sum(
            send(
                f"127.{part + 1}.{number % 250}.{1 + number // 250}",
                f"Visitor {part} {number}",
                f"visitor-{part}-{number}@example.com",
                f"Could you take over my diary? It is number {part}-{number} of mine.",
            )
            for number in range(MESSAGES // CLIENTS)
        )

    started = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        thanked = sum(clients.map(send_some, range(CLIENTS)))
    seconds = time.monotonic() - started
    assert thanked == MESSAGES, thanked
    return thanked / seconds
