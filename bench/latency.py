"""Queries and time of an answer, with 10 and with 10,000 posts.

Sites are made by bench/seed.py; each address is then asked for over HTTP, one request after
another, of the served site without any cache of pages. Queries are counted by Django's client.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.served import ServedSite, fresh_database

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"
FEW, MANY, ROUNDS, WARMING = 10, 10_000, 100, 3
# name: (address, milliseconds allowed at the 99th percentile)
ADDRESSES = {
    "home": ("/", 150),
    "index": ("/blog/", 150),
    "index, page 2": ("/blog/?page=2", 150),
    "post": ("/blog/post-5/", 150),
    "category": ("/blog/category/subject-1/", 150),
    "tag": ("/blog/tag/{tag}/", 150),
    "year": ("/blog/{year}/", 150),
    "feed": ("/feed/", 150),
    "search": ("/search/?q=invoice", 400),
    "search, mistyped": ("/search/?q=invioce", 400),
    "suggestions": ("/search/suggest/?q=inv", 400),
    "sitemap": ("/sitemap.xml", 400),
}
COUNTING = """
import json, sys
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from blog.models import BlogPostPage
from taggit.models import Tag
post = BlogPostPage.objects.get(slug="post-5")
filling = {"tag": post.tags.first().slug, "year": post.first_published_at.year}
counts = {}
for name, address in json.loads('''ADDRESSES''').items():
    address = address.format(**filling)
    client = Client(headers={"host": "127.0.0.1"})
    client.get(address)  # what a process looks up once, such as the site's root
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    counts[name] = [address, len(queries)]
print(json.dumps(counts))
"""


def measure() -> str:
    lines = []
    for database, url in (("SQLite", ""), ("PostgreSQL", POSTGRESQL)):
        lines += measure_on(database, url)
    return "\n".join(lines)


def measure_on(database: str, url: str) -> list[str]:
    counts, many = {}, None
    for posts in (FEW, MANY):
        data_dir = Path(tempfile.mkdtemp(prefix=f"bench-{posts}-"))
        os.environ["DATABASE_URL"] = url
        os.environ["DATABASE_URL"] = fresh_database(f"vasite_bench_{posts}")
        os.environ["DATA_DIR"] = str(data_dir)
        started = time.monotonic()
        subprocess.check_call([sys.executable, "bench/seed.py", str(posts)])
        seconds = time.monotonic() - started
        many = ServedSite(data_dir, WEB_CONCURRENCY="1", ALLOWED_HOSTS="*")
        code = COUNTING.replace("ADDRESSES", json.dumps({n: a for n, (a, _) in ADDRESSES.items()}))
        counts[posts] = json.loads(many.run_code(code).splitlines()[-1])
        if posts == FEW:
            many.stop()
    assert many is not None
    lines = [
        f"{database}; `bench/seed.py {MANY}` took {seconds:.0f} s (300 allowed).",
        "",
        f"| page | queries at {FEW} | at {MANY:,} | p50, ms | p99, ms | allowed |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    time.sleep(10)  # the worker's first round
    for name, (_, allowed) in ADDRESSES.items():
        address, queries = counts[MANY][name]
        times = timed(many.port, address)
        p99 = statistics.quantiles(times, n=100)[98]
        p50 = statistics.median(times)
        missed = " (missed)" if p99 > allowed else ""
        few = counts[FEW][name][1]
        lines.append(f"| {name} | {few} | {queries} | {p50:.0f} | {p99:.0f}{missed} | {allowed} |")
    many.stop()
    return [*lines, ""]


def timed(port: int, address: str) -> list[float]:
    """Gives the milliseconds to the last byte of ROUNDS answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for number in range(WARMING + ROUNDS):
        started = time.perf_counter()
        connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (address, answer.status)
        if number >= WARMING:
            times.append((time.perf_counter() - started) * 1000)
    return times
