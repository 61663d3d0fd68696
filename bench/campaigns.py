"""Letters: how fast they go out, what that costs the site's visitors, and the lists at full size.

The mails go to a sink on the same cores (bench.sink), by the workers of the served site. Beside
it stands a plain loop over Django's SMTP backend, which keeps no record of whom it wrote to.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import figure
from bench.latency import POSTGRESQL, timed
from tests.served import ServedSite, free_port, fresh_database

LETTERS, CROWD = 3000, 100_000
WANTED = {"SQLite": 150, "PostgreSQL": 250}
READERS = """
from django.utils import timezone
from newsletter.models import Campaign, Delivery, Subscriber
now = timezone.now()
def readers(start, number):
    Subscriber.objects.bulk_create(
        [Subscriber(email=f"r{one}@example.com", email_key=f"r{one}@example.com",
                    status="confirmed", name=f"Reader {one}", confirmed_at=now)
         for one in range(start, start + number)], batch_size=2000)
words = "<p>" + "What the spring brings to an office, said in a sentence or two. " * 8 + "</p>"
def letter(**fields):
    return Campaign.objects.create(
        subject="Spring, {{ first name }}", preheader="Three hours",
        body=[("text", "<p>Hello {{ first name }},</p>" + words * 6)], **fields)
"""
BEGIN = f"""
from newsletter.sending import begin
if not Subscriber.objects.filter(email="r0@example.com").exists():
    readers(0, {LETTERS})
begin(letter())
"""
OUTCOME = """
from newsletter.models import Delivery
print(Delivery.objects.filter(status="sent").count(), Delivery.objects.count())
"""
LOOP = f"""
import time
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from newsletter.composing import Personal, compose
from newsletter.models import Campaign
from vasite.mail.tasks import transport
one = compose(Campaign.objects.first())
connection = transport()
connection.open()
started = time.perf_counter()
for number in range({LETTERS // 3}):
    message = one.message(Personal(None, f"Reader {{number}}"), f"r{{number}}@example.com")
    message.connection = connection
    message.send()
print({LETTERS // 3} / (time.perf_counter() - started))
"""
CROWDED = f"""
import time
readers({LETTERS}, {CROWD} - {LETTERS})
from newsletter.sending import begin, fill
campaign = letter()
begin(campaign)
campaign.refresh_from_db()
Campaign.objects.filter(pk=campaign.pk).update(status="paused")
started = time.perf_counter()
fill(campaign)
filled = time.perf_counter() - started
keys = list(Subscriber.objects.values_list("pk", flat=True))
for number in range(9):
    old = letter(status="sent", is_filled=True, started_at=now)
    Delivery.objects.bulk_create(
        [Delivery(campaign=old, subscriber_id=key, status="sent", send_after=now, taken_at=now)
         for key in keys], batch_size=2000)
assert Delivery.objects.count() >= 1_000_000
print(filled)
"""
LISTS = """
import statistics, time
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.contrib.auth import get_user_model
from django.test import Client
from newsletter.models import Campaign
va = Client(headers={"host": "127.0.0.1"})
va.force_login(get_user_model().objects.get(is_superuser=True))
paths = ["/admin/subscribers/", "/admin/subscribers/?status=confirmed&p=900", "/admin/campaigns/",
         Campaign.objects.filter(status="sent").first().admin_url]
slowest = 0.0
for path in paths:
    va.get(path)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        assert va.get(path).status_code == 200
        times.append((time.perf_counter() - started) * 1000)
    slowest = max(slowest, statistics.median(times))
print(slowest)
"""
GO_ON = """
from newsletter.sending import change
change(Campaign.objects.get(status="paused"), ["paused"], "sending")
"""
STATE = """
print(Campaign.objects.order_by("-started_at").filter(is_filled=True, html__gt="").first().status)
"""
UNSUBSCRIBING = """
import statistics, time
from urllib.parse import urlsplit
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
leaving = list(Subscriber.objects.order_by("-pk")[:60])
client = Client(headers={"host": "127.0.0.1"})
client.get("/newsletter/thank-you/")
times = []
for reader in leaving:
    path = urlsplit(reader.unsubscribe_url).path
    started = time.perf_counter()
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    times.append((time.perf_counter() - started) * 1000)
print(statistics.median(times))
"""


def measure() -> str:
    lines = [
        "| database | letters a second, one worker | wanted | two workers, times one | wanted "
        "| `send_mail` in a loop, a second | letter to 100,000 begins, s | allowed "
        "| slowest list, ms | allowed | unsubscribing meanwhile, ms | allowed "
        "| worker’s memory, MB | allowed | home page meanwhile, times its median | allowed |",
        f"|---|{'--:|' * 15}",
    ]
    for database, url in (("SQLite", ""), ("PostgreSQL", POSTGRESQL)):
        address = fresh_database("vasite_bench_campaigns", url)
        with (
            sink() as mails,
            ServedSite(
                Path(tempfile.mkdtemp()),
                "--empty",
                DATABASE_URL=address,
                EMAIL_URL=mails.url,
            ) as site,
        ):
            alone = statistics.median(timed(site.port, "/"))
            one = rate(site, mails)
            two = rate(site, mails, workers=2) / one if url else 0.0
            loop = float(site.run_code(LOOP).split()[-1])
            filled = float(site.run_code(READERS + CROWDED).split()[-1])
            slowest = float(site.run_code(LISTS).split()[-1])
            site.run_code(READERS + GO_ON)
            wait_for(mails, mails.count() + 10)
            meanwhile = statistics.median(timed(site.port, "/")) / alone
            leaving = float(site.run_code(READERS + UNSUBSCRIBING).split()[-1])
            assert site.run_code(READERS + STATE).split()[-1] == "sending"
            memory = max(resident(pid) for pid in site.children("worker"))
        wanted = WANTED[database]
        lines.append(
            f"| {database} | {one:.0f}{' (missed)' if one < wanted else ''} | {wanted} "
            f"| {f'{two:.2f}' if url else '–'}{' (missed)' if url and two < 1.6 else ''} | 1.6 "
            f"| {loop:.0f} | {figure(filled, 20, 1)} | 20 | {figure(slowest, 300)} | 300 "
            f"| {figure(leaving, 20, 1)} | 20 | {figure(memory, 150)} | 150 "
            f"| {figure(meanwhile, 1.33, 2)} | 1.33 |"
        )
    return "\n".join(lines)


def rate(site: ServedSite, mails: Mails, *, workers: int = 1) -> float:
    """Gives how many letters went out a second; each of them has a Delivery that is "sent"."""
    others = [
        subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            env=site.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(workers - 1)
    ]
    time.sleep(5 * len(others))  # until they are up
    before = mails.count()
    try:
        site.run_code(READERS + BEGIN)
        wait_for(mails, before + 10)
        started, first = time.monotonic(), mails.count()
        wait_for(mails, before + LETTERS)
        seconds = time.monotonic() - started
        time.sleep(1)
        sent, made = site.run_code(OUTCOME).split()[-2:]
        assert sent == made, f"{sent} of {made}"
    finally:
        for other in others:
            other.terminate()
            other.wait()
    return (before + LETTERS - first) / seconds


class Mails:
    """The sink, and how many mails it has taken."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"smtp://127.0.0.1:{port}"

    def count(self) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def sink() -> Iterator[Mails]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Mails(process, port)
    finally:
        process.kill()
        process.wait()


def wait_for(mails: Mails, count: int, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while mails.count() < count:
        assert time.monotonic() < deadline, f"{mails.count()} of {count}"
        time.sleep(0.02)


def resident(pid: int) -> float:
    """Gives a process's memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
