"""Taking in a list of subscribers that another program wrote."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from blog.models import Category
from newsletter.import_files import Consent, Row, UnreadableError, decode, rows_of
from newsletter.models import ErasedAddress, Subscriber, SubscriberEvent, SubscriberImport
from vasite.retention import RETENTION
from vasite.serving.faults import for_each, is_paused

MOST_BYTES = 20 * 1024 * 1024
MOST_FAULTS = 1000  # named one by one
MAX_QUESTIONS = 30
PORTION = 1000  # rows in a transaction
TASK = "Lists of subscribers"  # name of its faults


class Kind(StrEnum):
    """What a row comes to."""

    NEW = "new"
    KNOWN = "known"
    GONE = "gone"
    LEFT_THERE = "left there"
    STILL_HERE = "still here"
    UNCLEAR = "unclear"
    FAULTY = "faulty"


KIND_WORDS = {
    Kind.NEW: "New",
    Kind.KNOWN: "On your list already",
    Kind.GONE: "Unsubscribed, blocked, bounced or erased here: they stay so",
    Kind.LEFT_THERE: "No longer subscribed where the file comes from: left out",
    Kind.STILL_HERE: "No longer subscribed where the file comes from, but on your list: see below",
    Kind.UNCLEAR: "Left out unless you say below that they agreed",
    Kind.FAULTY: "Faulty",
}


@dataclass
class Said:
    """What all rows of a file say together: the keys of whom one says that they may not be written
    to, and the columns and values of the others of which only the owner can say whether they are
    consent. No other row of the same address makes a subscriber of them unasked."""

    refused: set[str] = field(default_factory=set)
    unclear: dict[str, set[tuple[str, str]]] = field(default_factory=dict)


def said_in(text: str) -> Said:
    """Return what all rows of a file's text say together."""
    said = Said()
    for row in rows_of(text):
        keys = row.named if row.fault else {row.key}
        if row.consent == Consent.REFUSED or row.status in Subscriber.UNREACHABLE:
            said.refused |= keys
        elif row.consent == Consent.UNCLEAR:
            for key in keys:
                said.unclear.setdefault(key, set()).update(row.unclear)
    return said


def sort_out(
    rows: list[Row],
    seen: set[str],
    said: Said,
    accepted: Collection[tuple[str, str]] = (),
) -> list[tuple[Row, Kind]]:
    """Return what each row comes to; `seen` holds the keys of earlier rows of the file, `said` is
    that of `said_in`, `accepted` the columns and values that the owner called consent."""
    keys = {row.key for row in rows if not row.fault}
    known = dict(Subscriber.objects.filter(email_key__in=keys).values_list("email_key", "status"))
    erased = ErasedAddress.held(keys)
    return [(row, kind_of(row, known, erased, seen, said, accepted)) for row in rows]


def kind_of(
    row: Row,
    known: dict[str, str],
    erased: set[str],
    seen: set[str],
    said: Said,
    accepted: Collection[tuple[str, str]],
) -> Kind:
    if row.fault:
        return Kind.FAULTY
    key = row.key
    if key in seen:
        row.fault = "The address stands further up already."
        return Kind.FAULTY
    seen.add(key)
    if known.get(key) in Subscriber.UNREACHABLE or key in erased:
        return Kind.GONE
    if key in said.refused and known.get(key) == Subscriber.Status.CONFIRMED:
        row.fault = f"{row.email} has left where the file comes from, and is still on your list."
        return Kind.STILL_HERE
    if key in known:
        return Kind.KNOWN
    if key in said.refused and row.status not in Subscriber.UNREACHABLE:
        return Kind.LEFT_THERE
    row.unclear = sorted(said.unclear.get(key, ()))
    return Kind.NEW if set(row.unclear) <= set(accepted) else Kind.UNCLEAR


def read(file_name: str, content: bytes, user: Any) -> SubscriberImport:
    """Keeps a file with what its rows would come to. Raises UnreadableError."""
    text = decode(content)
    counts: Counter[str] = Counter()
    unclear: Counter[tuple[str, str]] = Counter()
    faults: list[tuple[int, str]] = []
    seen: set[str] = set()
    said = said_in(text)
    rows = rows_of(text)
    while portion := list(islice(rows, PORTION)):
        for row, kind in sort_out(portion, seen, said):
            counts[kind] += 1
            if kind == Kind.UNCLEAR:
                unclear.update(row.unclear)
            if kind in (Kind.FAULTY, Kind.STILL_HERE) and len(faults) < MOST_FAULTS:
                faults.append((row.line, row.fault))
    if not counts:
        raise UnreadableError("The file has no rows.")
    return SubscriberImport.objects.create(
        file_name=file_name[:200],
        text=text,
        user=user,
        row_count=counts.total(),
        counts=counts,
        faults=faults,
        unclear=[[*words, count] for words, count in unclear.most_common(MAX_QUESTIONS)],
    )


def take_in_begun(seconds: float) -> bool:
    """Take in each file that was begun, for some seconds. Return whether there are rows left that
    need not wait: a file with a fault does, ever longer, and holds up no other."""
    begun = SubscriberImport.objects.filter(status=SubscriberImport.Status.RUNNING).only("pk")
    for_each(TASK, begun, lambda found: take_in(found.pk, seconds))
    return any(not is_paused(TASK, found.pk) for found in begun.all())


def take_in(key: int, seconds: float = math.inf) -> int:
    """Take a file's rows in, from where that was broken off, for some seconds or to its end.
    Return how many were new.

    Each portion is a transaction together with how far it is: a kill loses and doubles nothing.
    """
    found = SubscriberImport.objects.filter(pk=key, status=SubscriberImport.Status.RUNNING).first()
    if found is None:
        return 0
    accepted = {(column, value) for column, value in found.accepted}
    rows = rows_of(found.text)
    seen = {row.key for row in islice(rows, found.rows_done) if not row.fault}
    said = said_in(found.text)
    counts = Counter(found.counts if found.rows_done else {})
    until = time.monotonic() + seconds
    while portion := list(islice(rows, PORTION)):
        with transaction.atomic():
            sorted_out = sort_out(portion, seen, said, accepted)
            counts.update(kind for _, kind in sorted_out)
            add([row for row, kind in sorted_out if kind == Kind.NEW], found)
            found.rows_done += len(portion)
            found.counts = counts
            found.save(update_fields=["rows_done", "counts"])
        if time.monotonic() >= until:
            return counts[Kind.NEW]
    found.status, found.text = SubscriberImport.Status.DONE, ""
    found.save(update_fields=["status", "text"])
    return counts[Kind.NEW]


def add(rows: list[Row], source: SubscriberImport) -> None:
    """Add subscribers, each with the proof of consent that the owner gave. From this site's own
    export they come back as they were."""
    now = timezone.now()
    Subscriber.objects.bulk_create(
        [subscriber_of(row, now) for row in rows],
        ignore_conflicts=True,  # somebody subscribed by themselves a moment ago
    )
    by_key = {row.key: row for row in rows}
    added = dict(
        Subscriber.objects.filter(email_key__in=by_key, events=None).values_list("pk", "email_key")
    )
    topics = dict(Category.objects.values_list("slug", "pk"))
    chosen = Subscriber.topics.through
    chosen.objects.bulk_create(
        chosen(subscriber_id=key, category_id=topics[slug])
        for key, email_key in added.items()
        for slug in topics.keys() & by_key[email_key].topics
    )
    SubscriberEvent.objects.bulk_create(
        SubscriberEvent(
            subscriber_id=key,
            text=f"Imported from {source.file_name}",
            words=source.consent,
            user_id=source.user_id,
        )
        for key in added
    )


def subscriber_of(row: Row, now: datetime) -> Subscriber:
    status = row.status or Subscriber.Status.CONFIRMED
    dates = {"subscribed_at": now} | row.dates
    if status == Subscriber.Status.CONFIRMED:
        dates.setdefault("confirmed_at", now)
    return Subscriber(
        email=row.email,
        email_key=row.key,
        name=row.name,
        status=status,
        rhythm=row.rhythm or Subscriber.Rhythm.LETTERS,
        has_chosen_topics=row.has_chosen_topics,
        **dates,
    )


def old_files() -> QuerySet[SubscriberImport]:
    """Return the files that were looked at and not taken in, and those that were a month ago, to
    be deleted with what was wrong with them."""
    now = timezone.now()
    states = SubscriberImport.Status
    old = Q(status=states.READ, made_at__lt=now - RETENTION["unused_lists"].period) | Q(
        status=states.DONE, made_at__lt=now - RETENTION["imported_lists"].period
    )
    return SubscriberImport.objects.filter(old)
