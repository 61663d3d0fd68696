"""Reading a list of subscribers that another program wrote, and taking it in."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from newsletter.models import (
    ErasedAddress,
    Subscriber,
    SubscriberEvent,
    SubscriberImport,
    email_key,
)

MOST_BYTES = 20 * 1024 * 1024
MOST_FAULTS = 1000  # named one by one
PORTION = 1000  # rows in a transaction
FORGET_UNUSED, FORGET_USED = timedelta(days=1), timedelta(days=30)
# What Mailchimp, MailPoet, Substack and listmonk call their columns, in small letters
COLUMNS = {
    "email": {"email", "e-mail", "email address", "email_address", "e-mail address", "subscriber"},
    "name": {"name", "full name", "full_name"},
    "first": {"first name", "first_name", "firstname", "fname"},
    "last": {"last name", "last_name", "lastname", "lname", "surname"},
    "status": {"status", "global status", "global_status", "list status", "subscription status"},
    "disabled": {"email disabled", "email_disabled"},
}
# What they call somebody who is no subscriber of theirs any more, or not yet
NOT_SUBSCRIBED = {
    *("unsubscribed", "cleaned", "bounced", "inactive", "unconfirmed", "blocklisted", "disabled"),
    *("complained", "pending", "archived", "non-subscribed", "nonsubscribed", "deleted"),
}


class Kind(StrEnum):
    """What a row comes to."""

    NEW = "new"
    KNOWN = "known"
    GONE = "gone"
    LEFT_THERE = "left there"
    FAULTY = "faulty"


KIND_WORDS = {
    Kind.NEW: "New",
    Kind.KNOWN: "On your list already",
    Kind.GONE: "Unsubscribed, blocked, bounced or erased here: they stay so",
    Kind.LEFT_THERE: "No longer subscribed where the file comes from: left out",
    Kind.FAULTY: "Faulty",
}


class UnreadableError(Exception):
    """The file is no list of addresses; says why."""


@dataclass
class Row:
    """A line of the file; `fault` says why it can't be taken."""

    line: int
    email: str
    name: str
    is_subscribed: bool
    fault: str = ""

    @property
    def key(self) -> str:
        return email_key(self.email)


def decode(content: bytes) -> str:
    """Gives a file's text: UTF-8, or what Excel writes on Windows."""
    if b"\x00" in content:
        raise UnreadableError("This is no CSV file. In Excel: Save as → CSV UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def rows_of(text: str) -> Iterator[Row]:
    """Gives the rows of a CSV file, separated by commas, semicolons or tabs.

    Raises UnreadableError when no column holds addresses.
    """
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    names = [name.strip().lower() for name in next(reader, [])]
    places = {
        column: next((names.index(name) for name in names if name in known), None)
        for column, known in COLUMNS.items()
    }
    if places["email"] is None:
        raise UnreadableError(
            "No column is called “Email”. The first line has to name the columns, as the files of "
            "Mailchimp, MailPoet, Substack and listmonk do."
        )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield row_of(reader.line_num, cells, places)
    except csv.Error as error:
        raise UnreadableError(f"Line {reader.line_num} can’t be read: {error}.") from error


def row_of(line: int, cells: list[str], places: dict[str, int | None]) -> Row:
    def cell(column: str) -> str:
        place = places[column]
        held = "" if place is None or place >= len(cells) else cells[place]
        return " ".join(held.split())

    email = cell("email")
    name = cell("name") or f"{cell('first')} {cell('last')}".strip()
    left = cell("status").lower() in NOT_SUBSCRIBED or cell("disabled").lower() in {"true", "yes"}
    return Row(line, email, name[:100], not left, fault_of(email))


def fault_of(email: str) -> str:
    if not email:
        return "It has no address."
    try:
        validate_email(email)
    except ValidationError:
        return f"“{email[:100]}” is no e-mail address."
    return "" if len(email) <= 254 else "Its address is longer than an address may be."


def sort_out(rows: list[Row], seen: set[str]) -> list[tuple[Row, Kind]]:
    """Gives what each row comes to; `seen` holds the keys of earlier rows of the file."""
    keys = {row.key for row in rows if not row.fault}
    known = dict(Subscriber.objects.filter(email_key__in=keys).values_list("email_key", "status"))
    erased = ErasedAddress.held(keys)
    return [(row, kind_of(row, known, erased, seen)) for row in rows]


def kind_of(row: Row, known: dict[str, str], erased: set[str], seen: set[str]) -> Kind:
    if row.fault:
        return Kind.FAULTY
    key = row.key
    if key in seen:
        row.fault = "The address stands further up already."
        return Kind.FAULTY
    seen.add(key)
    if known.get(key) in Subscriber.UNREACHABLE or key in erased:
        return Kind.GONE
    if key in known:
        return Kind.KNOWN
    return Kind.NEW if row.is_subscribed else Kind.LEFT_THERE


def read(file_name: str, content: bytes, user: Any) -> SubscriberImport:
    """Keeps a file with what its rows would come to. Raises UnreadableError."""
    text = decode(content)
    counts: Counter[str] = Counter()
    faults: list[tuple[int, str]] = []
    seen: set[str] = set()
    rows = rows_of(text)
    while portion := list(islice(rows, PORTION)):
        for row, kind in sort_out(portion, seen):
            counts[kind] += 1
            if kind == Kind.FAULTY and len(faults) < MOST_FAULTS:
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
    )


def take_in(key: int) -> int:
    """Takes a file's rows in, from where that was broken off; gives how many were new.

    Each portion is a transaction together with how far it is: a kill loses and doubles nothing.
    """
    found = SubscriberImport.objects.filter(pk=key, status=SubscriberImport.Status.RUNNING).first()
    if found is None:
        return 0
    rows = rows_of(found.text)
    seen = {row.key for row in islice(rows, found.rows_done) if not row.fault}
    counts = Counter(found.counts if found.rows_done else {})
    while portion := list(islice(rows, PORTION)):
        with transaction.atomic():
            sorted_out = sort_out(portion, seen)
            counts.update(kind for _, kind in sorted_out)
            add([row for row, kind in sorted_out if kind == Kind.NEW], found)
            found.rows_done += len(portion)
            found.counts = counts
            found.save(update_fields=["rows_done", "counts"])
    found.status, found.text = SubscriberImport.Status.DONE, ""
    found.save(update_fields=["status", "text"])
    return counts[Kind.NEW]


def add(rows: list[Row], source: SubscriberImport) -> None:
    """Adds confirmed subscribers, each with the proof of consent that the VA gave."""
    now = timezone.now()
    Subscriber.objects.bulk_create(
        [
            Subscriber(
                email=row.email,
                email_key=row.key,
                name=row.name,
                status=Subscriber.Status.CONFIRMED,
                subscribed_at=now,
                confirmed_at=now,
            )
            for row in rows
        ],
        ignore_conflicts=True,  # somebody subscribed by themselves a moment ago
    )
    added = Subscriber.objects.filter(email_key__in=[row.key for row in rows], events=None)
    SubscriberEvent.objects.bulk_create(
        SubscriberEvent(
            subscriber_id=key,
            text=f"Imported from {source.file_name}",
            words=source.consent,
            user_id=source.user_id,
        )
        for key in added.values_list("pk", flat=True)
    )


def forget_files() -> int:
    """Deletes files that were looked at and not taken in, and what was wrong with those that were
    a month ago; gives their number."""
    now = timezone.now()
    states = SubscriberImport.Status
    old = Q(status=states.READ, made_at__lt=now - FORGET_UNUSED) | Q(
        status=states.DONE, made_at__lt=now - FORGET_USED
    )
    return SubscriberImport.objects.filter(old).delete()[0]
