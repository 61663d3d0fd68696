"""The spam filter: how many messages it puts where, and how fast.

A thousand messages of people and a thousand of spam, of sentences that the training has not seen
(bench/spam/messages.py), are judged as they would be on a new site, sent in four ways. Beside it
what a filter does that has only a trap and a limit on the rate.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from unittest import mock

from bench import figure

EACH = 1000
HAM_ALLOWED, SPAM_WANTED, MILLISECONDS_ALLOWED = 0, 90.0, 2.0
# Way to send: whether the trap is filled in, from one network, with a proof of work
WAYS = {
    "a whole browser, from many networks": (False, False, True),
    "a program that knows the fields, from many networks": (False, False, False),
    "a program that knows the fields, from one network": (False, True, False),
    "a program that fills in every field": (True, False, False),
}
PEOPLE_COME = 2  # in the first two ways


def measure() -> str:
    start_django()
    times: list[float] = []
    lines = [
        "| sent by | of 1,000 people: spam | unsure | of 1,000 spam: spam | unsure | caught, % "
        "| caught by a trap and a rate alone, % |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for place, (name, way) in enumerate(WAYS.items()):
        people = judge_all("ham", way, times) if place < PEOPLE_COME else []
        spam = judge_all("spam", way, times)
        caught = 100 * sum(verdict.label != "ham" for verdict in spam) / EACH
        by_peer = 100 * sum(verdict.is_trapped or verdict.is_held for verdict in spam) / EACH
        lines.append(
            f"| {name} | {figure(count(people, 'spam'), HAM_ALLOWED) if people else '–'} "
            f"| {count(people, 'unsure') if people else '–'} "
            f"| {count(spam, 'spam')} | {count(spam, 'unsure')} "
            f"| {caught:.1f}{' (missed)' if caught < SPAM_WANTED else ''} | {by_peer:.1f} |"
        )
    slowest = statistics.quantiles(times, n=1000)[-1]
    lines += [
        "",
        f"A verdict with its questions to the database (SQLite): {statistics.median(times):.2f} ms "
        f"median, {figure(slowest, MILLISECONDS_ALLOWED, 2)} ms for all but one in a thousand "
        f"({MILLISECONDS_ALLOWED:.0f} allowed). A proof of work is taken as given here.",
    ]
    return "\n".join(lines)


def judge_all(label: str, way: tuple[bool, bool, bool], times: list[float]) -> list:
    """Gives the verdicts on all messages of a label, sent in one way to a site without traces."""
    from django.db import transaction
    from django.test import RequestFactory

    from bench.spam.messages import messages
    from contact.forms import EnquiryForm
    from vasite.forms.models import Trace
    from vasite.forms.spam import judging

    is_trapped, is_one_network, is_browser = way
    trap = EnquiryForm().trap_name
    verdicts = []
    for number, text in enumerate(messages("test", label, EACH)):
        if number % 50 == 0 and not is_one_network:
            Trace.objects.all().delete()  # fifty come in ten minutes, not a thousand
        fields = {"name": "Jo Field", "email": f"jo{number}@example.com", "message": text}
        if is_trapped:
            fields[trap] = "x"
        address = "198.51.100.7" if is_one_network else f"10.{number // 250}.{number % 250}.7"
        request = RequestFactory().post("/contact/", fields, REMOTE_ADDR=address)
        form = EnquiryForm(request.POST)
        if not form.is_valid():
            raise AssertionError(form.errors)
        proof = ("solved", str(number)) if is_browser else ("absent", "")
        with transaction.atomic(), mock.patch.object(judging, "check_proof", return_value=proof):
            started = time.perf_counter()
            verdicts.append(judging.judge(request, form, text=text))
            verdicts[-1].leave_traces()
            times.append((time.perf_counter() - started) * 1000)
    Trace.objects.all().delete()
    return verdicts


def count(verdicts: list, label: str) -> int:
    return sum(verdict.label == label for verdict in verdicts)


def start_django() -> None:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="bench-spam-")
    os.environ["DATABASE_URL"] = ""
    os.environ["DJANGO_SETTINGS_MODULE"] = "vasite.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
