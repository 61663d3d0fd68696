"""The spam filter: how many messages it puts where, and how fast.

A thousand messages of people and a thousand of spam, of sentences that the training has not seen
(bench/spam/messages.py). Each way to send them is judged by its words and by what its sender does.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from bench import figure

EACH = 1000
HAM_ALLOWED, SPAM_WANTED, MILLISECONDS_ALLOWED = 0, 90.0, 2.0


def measure() -> str:
    start_django()
    from bench.spam.messages import messages
    from vasite.forms.spam.classifier import score_text
    from vasite.forms.spam.judging import SPAM_FROM, UNSURE_FROM

    scores: dict[str, list[float]] = {"ham": [], "spam": []}
    times = []
    for label, found in scores.items():
        for text in messages("test", label, EACH):
            started = time.perf_counter()
            found.append(score_text(text))
            times.append((time.perf_counter() - started) * 1000)
    lines = [
        "| sent by | of 1,000 people: spam | unsure | of 1,000 spam: spam | spam or unsure, % |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, points in (("a program without JavaScript", 0.5), ("a whole browser", 0.0)):
        ham, spam = ([score + points for score in scores[label]] for label in ("ham", "spam"))
        caught = 100 * share(spam, UNSURE_FROM)
        lines.append(
            f"| {name} | {figure(EACH * share(ham, SPAM_FROM), HAM_ALLOWED)} "
            f"| {EACH * (share(ham, UNSURE_FROM) - share(ham, SPAM_FROM)):.0f} "
            f"| {EACH * share(spam, SPAM_FROM):.0f} "
            f"| {caught:.1f}{' (missed)' if caught < SPAM_WANTED else ''} |"
        )
    lines += [
        "| *a trap and a limit on rates alone*, the program fills in every field | 0 | 0 | 1000 "
        "| 100.0 |",
        "| *the same*, it fills in what it knows, from a new network each time | 0 | 0 | 0 | 0.0 |",
        "",
        f"Reading the words: {statistics.median(times):.2f} ms median, "
        f"{figure(max(times), MILLISECONDS_ALLOWED, 2)} ms slowest ({MILLISECONDS_ALLOWED:.0f} "
        "allowed).",
    ]
    return "\n".join(lines)


def share(scores: list[float], limit: float) -> float:
    return sum(score >= limit for score in scores) / len(scores)


def start_django() -> None:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="bench-spam-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "vasite.settings"
    import django

    django.setup()
