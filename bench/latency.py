"""Queries and time of an answer, with 10 and with 10,000 posts.

Sites are made by bench/seed.py; each address is then asked for over HTTP, one request after
another, of the served site without any cache of pages and with its worker at rest. Queries are
counted by Django's client.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from bench import figure
from tests.served import ServedSite, fresh_database

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"
UNCACHED = {"Cookie": "sessionid=none"}  # as if signed in, for whom nothing is kept
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
    with seeded(FEW, url) as site:
        few = count_queries(site)
    started = time.monotonic()
    with seeded(MANY, url) as site:
        lines = [
            f"{database}; `bench/seed.py {MANY}` and the start took "
            f"{time.monotonic() - started:.0f} s (300 allowed).",
            "",
            f"| page | queries at {FEW} | at {MANY:,} | p50, ms | p99, ms | allowed |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        many = count_queries(site)
        with at_rest(site):
            for name, (_, allowed) in ADDRESSES.items():
                address, queries = many[name]
                times = timed(site.port, address)
                p99 = statistics.quantiles(times, n=100)[98]
                lines.append(
                    f"| {name} | {few[name][1]} | {queries} | {statistics.median(times):.0f} "
                    f"| {figure(p99, allowed)} | {allowed} |"
                )
    return [*lines, ""]


@contextmanager
def at_rest(site: ServedSite) -> Iterator[None]:
    """Stops the worker, which would draw ten thousand cards meanwhile, as only a new site does;
    and gunicorn's master, which would end it for that."""
    stopped = [site.children("gunicorn")[0], *site.children("worker")]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def seeded(posts: int, url: str) -> ServedSite:
    """Gives a served site with that many posts, in a new database beside the one of the URL."""
    place = {
        "DATABASE_URL": fresh_database(f"vasite_bench_{posts}", url),
        "DATA_DIR": tempfile.mkdtemp(prefix=f"bench-{posts}-"),
    }
    subprocess.check_call([sys.executable, "bench/seed.py", str(posts)], env=os.environ | place)
    if url:  # as PostgreSQL's autovacuum does by itself, within minutes of so many new rows
        with closing(psycopg2.connect(place["DATABASE_URL"])) as connection:
            connection.autocommit = True
            connection.cursor().execute("VACUUM ANALYZE")
    return ServedSite(Path(place.pop("DATA_DIR")), WEB_CONCURRENCY="1", **place)


def count_queries(site: ServedSite) -> dict[str, tuple[str, int]]:
    """Gives each page's address on this site and its number of queries."""
    addresses = json.dumps({name: address for name, (address, _) in ADDRESSES.items()})
    return json.loads(site.run_code(COUNTING.replace("ADDRESSES", addresses)).splitlines()[-1])


def timed(port: int, address: str) -> list[float]:
    """Gives the milliseconds to the last byte of ROUNDS answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for number in range(WARMING + ROUNDS):
        started = time.perf_counter()
        connection.request("GET", address, headers={"Accept-Encoding": "gzip", **UNCACHED})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (address, answer.status)
        if number >= WARMING:
            times.append((time.perf_counter() - started) * 1000)
    return times
