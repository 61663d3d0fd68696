"""The flood: fifty posts a second for a minute, from one network and from five hundred.

What floods are the filter's test messages, sent without JavaScript; meanwhile thirty people write
from networks of their own in a browser that solves the challenge, and the home page is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import figure, send_enquiry
from bench.latency import POSTGRESQL
from bench.spam.messages import messages
from bench.uploads import memory
from tests.served import ServedSite, fresh_database

A_SECOND, SECONDS, CLIENTS, PEOPLE = 50, 60, 48, 30
OWNER = """
from vasite.business.models import BusinessSettings
business = BusinessSettings.load()
business.email = "owner@example.com"
business.save()
"""
SIZE = """
import os
from django.db import connection
if connection.vendor == "postgresql":
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        print(cursor.fetchone()[0])
else:
    name = str(connection.settings_dict["NAME"])
    print(sum(os.path.getsize(name + end) for end in ("", "-wal") if os.path.exists(name + end)))
"""
OUTCOME = """
from contact.models import Enquiry
from vasite.home.tasks import tell_of_waiting
from vasite.mail.models import OutgoingMail
tell_of_waiting.func()
tell_of_waiting.func()
notices = OutgoingMail.objects.filter(recipients=["owner@example.com"])
print(
    Enquiry.objects.filter(name="Flood").count(),
    notices.exclude(subject__contains="Person").count(),
    sum("flood" in mail.recipients[0] for mail in OutgoingMail.objects.all()),
    Enquiry.objects.filter(name__startswith="Person", state="new", verdict="ham").count(),
)
"""


def measure() -> str:
    lines = [
        "| database | from networks | sent, thanked for, stored | home page p50 / p99, ms "
        "| web memory before / after, MB | database grown, MB | allowed | mails to the VA about it "
        "| allowed | mails to strangers | of 30 people, with the real ones |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for database, url in (("SQLite", ""), ("PostgreSQL", POSTGRESQL)):
        for networks in (1, 500):
            address = fresh_database("vasite_bench_flood", url)
            with ServedSite(
                Path(tempfile.mkdtemp(prefix="bench-flood-")),
                "--empty",
                WEB_CONCURRENCY="2",
                DATABASE_URL=address,
            ) as site:
                lines.append(f"| {database} | {networks} {flood(site, networks)}")
    return "\n".join(lines)


def flood(site: ServedSite, networks: int) -> str:
    """Gives the rest of a row."""
    site.run_code(OWNER)
    for _ in range(40):
        assert site.get("/contact/")[0] == 200
    size, before = number_of(site, SIZE), memory(site)
    spam = messages("test", "spam", A_SECOND * SECONDS)
    ham = messages("test", "ham", PEOPLE)
    pages: list[float] = []
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.2):
            started = time.perf_counter()
            assert site.get("/")[0] == 200
            pages.append((time.perf_counter() - started) * 1000)

    def person(number: int) -> bool:
        fields = {"name": f"Person {number}", "email": f"person-{number}@example.com"}
        fields |= {"message": ham[number], "altcha": solve(site.port), "seconds": "40"}
        return send_enquiry(site.port, f"127.200.{number}.1", fields)

    def flooder(number: int) -> bool:
        network = number % networks
        source = f"127.{10 + network // 250}.{network % 250}.{1 + number % 200}"
        email = f"flood-{number}@example.com"
        fields = {"name": "Flood", "email": email, "message": spam[number]}
        return send_enquiry(site.port, source, fields)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        started = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as crowd, ThreadPoolExecutor(2) as others:
            people = others.map(in_time(person, started, PEOPLE / SECONDS), range(PEOPLE))
            thanked = sum(crowd.map(in_time(flooder, started, A_SECOND), range(len(spam))))
            assert all(people)
        seconds = time.monotonic() - started
    finally:
        done.set()
        reader.join()
    after = memory(site)
    stored, notices, strangers, real = map(int, site.run_code(OUTCOME).split()[-4:])
    grown = (number_of(site, SIZE) - size) / 1024**2
    p50, p99 = statistics.median(pages), statistics.quantiles(pages, n=100)[98]
    return (
        f"| {len(spam):,} in {seconds:.0f} s, {thanked:,}, {stored:,} | {p50:.0f} / {p99:.0f} "
        f"| {before:.0f} / {after:.0f} | {figure(grown, 100)} | 100 | {figure(notices, 1)} | 1 "
        f"| {strangers} | {real} |"
    )


def in_time(work: Callable[[int], bool], started: float, a_second: float) -> Callable[[int], bool]:
    """Gives the work done no earlier than its number's turn."""

    def wait_and_work(number: int) -> bool:
        time.sleep(max(0.0, started + number / a_second - time.monotonic()))
        return work(number)

    return wait_and_work


def solve(port: int) -> str:
    """Does what static/js/form.js does at submit."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/forms/challenge/")
    challenge = json.loads(connection.getresponse().read())
    connection.close()
    asked = challenge["parameters"]
    counter = 0
    while True:
        password = bytes.fromhex(asked["nonce"]) + counter.to_bytes(4, "big")
        key = hashlib.pbkdf2_hmac(
            "sha256", password, bytes.fromhex(asked["salt"]), asked["cost"], asked["keyLength"]
        ).hex()
        if key.startswith(asked["keyPrefix"]):
            break
        counter += 1
    solution = {"counter": counter, "derivedKey": key}
    return base64.b64encode(
        json.dumps({"challenge": challenge, "solution": solution}).encode()
    ).decode()


def number_of(site: ServedSite, code: str) -> int:
    return int(site.run_code(code).split()[-1])
