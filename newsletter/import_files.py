"""Reading a CSV file of subscribers, whichever program wrote it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from newsletter.models import Subscriber
from vasite.characters import clean_text
from vasite.email_addresses import email_key, normalise_email

SAMPLE_ROWS = 50  # by which columns are known
MAX_CELL = 10_000  # characters
MAX_LINES = 10  # of one row: more have a quotation mark that nobody closes
DELIMITERS = ",;\t|"
# At most as long as the parts of an address (RFC 5321, 4.5.3.1): what is longer takes no longer
ADDRESS = re.compile(r"[^\s@,;<>\"']{1,64}@[^\s@,;<>\"']{1,253}\.[^\s@,;<>\"']{1,63}")
OWN_STATUSES = set(Subscriber.Status.values)
OWN_DATES = ("subscribed_at", "confirmed_at", "unsubscribed_at")
# The headings of this site's own export, as keys; from it, states and dates are taken as they are
OWN_HEADINGS = {"status", "asked", "confirmed", "unsubscribed"}

NAME_KEYS = {"name", "full name", "display name", "nome", "nom", "nombre", "naam", "contact name"}
FIRST_KEYS = {"first name", "firstname", "fname", "first", "given name", "vorname", "prenom"}
LAST_KEYS = {"last name", "lastname", "lname", "last", "surname", "family name", "nachname"}
EMAIL_KEY = re.compile(r"\be ?mail|\bmail\b|correo|courriel|subscriber$|emailaddress")
# Columns that say that somebody may not be written to, and those that say that they may. What comes
# before "time", "date" and the like says only when.
NEGATIVE = re.compile(
    r"unsub|un sub|opt ?out|opted out|black ?list|block|suppress|bounce|disabled|clean|spam"
    r"|complain|deleted|removed|inactive|archived|hard|do not|dont|abmeld|desabonn|desinscri|baja\b"
    r"|withdr[ae]w|revo[ck]|\bleft\b|\bstop"
)
# Of the newsletter, or of a paid plan that let them go on reading? Only the owner knows
DOUBTFUL = re.compile(r"cancel")
# What is said of something else than this newsletter
ELSEWHERE = re.compile(r"\bsms\b|\bdigest\b|\bpaid\b|\bplan\b|^active subscription$")
POSITIVE = re.compile(
    r"subscrib(?:ed|er status|e$)|subscription|consent|opt ?in|opted in|accepts|permission"
    r"|marketing|newsletter|gdpr|agreed|active$|enabled|confirmed|abonn|einwilligung"
)
STATUS = re.compile(r"status|state$|zustand|statut|estado|stato")
MOMENT = re.compile(r"\b(?:time|date|at|on|ip|source|url|id|count|rating|name|timestamp)\b")

DATE = re.compile(r"\d{4}\D\d{1,2}|\d{1,2}\D\d{1,2}\D\d{2}")  # or a time, once its signs are gone

SUBSCRIBED_WORDS = {
    *("subscribed", "active", "enabled", "confirmed", "subscriber", "opted in", "opt in", "optin"),
    *("yes", "true", "1", "y"),
}
LEFT_WORDS = {
    *("unsubscribed", "unsubscribe", "cleaned", "bounced", "hard bounce", "hard bounced", "bounce"),
    *("soft bounced", "inactive", "unconfirmed", "not confirmed", "blocklisted", "blacklisted"),
    *("blocked", "disabled", "complained", "complaint", "spam", "junk", "pending", "archived"),
    *("non subscribed", "nonsubscribed", "not subscribed", "deleted", "removed", "suppressed"),
    *("opted out", "opt out", "optout", "cancelled", "canceled", "invalid", "transactional"),
    *("held", "no", "false", "0", "n", "never subscribed", "unsubscribed by admin", "desabonne"),
}
# What says in any column, in one for tags as well, that somebody may have gone
TELLING_WORDS = {
    *("unsubscribed", "unsubscribe", "opted out", "opt out", "optout", "bounced", "bounce"),
    *("hard bounce", "hard bounced", "soft bounced", "blacklisted", "blocklisted", "suppressed"),
    *("complained", "spam complaint", "cleaned", "do not email", "do not contact", "do not mail"),
    *("withdrawn", "revoked", "not subscribed", "non subscribed", "stop", "gdpr erased"),
    *("unactivated", "unconfirmed", "not confirmed", "pending", "inactive"),
}
TRUE_WORDS = {"1", "true", "yes", "y", "x", "on", "t", "ja", "oui", "si"}
FALSE_WORDS = {"", "0", "false", "no", "n", "off", "f", "nein", "non", "none", "null", "nil", "-"}


class Consent(StrEnum):
    """What a file says of somebody's consent."""

    GIVEN = "given"
    REFUSED = "refused"
    UNCLEAR = "unclear"  # for the owner to say


class UnreadableError(Exception):
    """The file is no list of addresses; says why."""


@dataclass
class Row:
    """A row of the file; `fault` says why it can't be taken.

    `unclear` holds the columns and values of which only the owner can say whether they are consent.
    `status` and `dates` are those of this site's own export.
    """

    line: int
    email: str = ""
    name: str = ""
    consent: Consent = Consent.GIVEN
    unclear: list[tuple[str, str]] = field(default_factory=list)
    status: str = ""
    dates: dict[str, datetime] = field(default_factory=dict)
    fault: str = ""

    @property
    def key(self) -> str:
        return email_key(self.email)


@dataclass
class Columns:
    """Which columns hold what: their places by purpose, and those that speak of consent."""

    email: int
    headings: list[str] = field(default_factory=list)
    name: int | None = None
    first: int | None = None
    last: int | None = None
    consents: dict[int, re.Pattern[str]] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)
    is_own_export: bool = False

    def title_of(self, place: int) -> str:
        """Return a column's heading, or its number where it has none."""
        heading = self.headings[place].strip() if place < len(self.headings) else ""
        return heading[:60] or f"Column {place + 1}"


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8, UTF-16 with its mark, or what Excel writes on Windows. A line
    that is not UTF-8 in a file that is does not change how the others are read."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        raise UnreadableError("This is no CSV file. In Excel: Save as → CSV UTF-8.")
    return "".join(map(decode_line, content.removeprefix(b"\xef\xbb\xbf").splitlines(True)))


def decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def rows_of(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV file. Raises UnreadableError when no column holds addresses."""
    delimiter, columns = layout_of(text)
    records = records_of(text, delimiter)
    if columns.headings:
        next(records)
    for line, cells, fault in records:
        yield Row(line, fault=fault) if fault else row_of(line, cells, columns)


def records_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield line, cells and fault of each row that is not blank.

    Only CR and LF end a line (RFC 4180). A quotation mark that is not closed costs its own line.
    """
    lines = list(io.StringIO(text, newline=""))
    place = 0
    while place < len(lines):
        start = place
        record = lines[place]
        place += 1
        while record.count('"') % 2 and place < len(lines) and place - start < MAX_LINES:
            record += lines[place]
            place += 1
        is_open = bool(record.count('"') % 2)
        is_odd = place - start > 1 and ADDRESS.search(record.partition("\n")[2])
        if is_open or is_odd:
            place = start + 1
            yield start + 1, [], 'A quotation mark (") in it is opened and not closed.'
        elif record.strip(f" {delimiter}\r\n\f\v"):
            if is_separator(record) and not start:
                continue
            try:
                cells = next(csv.reader([record], delimiter=delimiter))
            except csv.Error:
                yield start + 1, [], "One of its cells is too long to be read."
            else:
                is_long = any(len(cell) > MAX_CELL for cell in cells)
                yield start + 1, cells, "One of its cells is too long." if is_long else ""


def is_separator(line: str) -> bool:
    """Tell whether a file's first line is Excel's own, which names the delimiter."""
    return line.strip().lower().startswith("sep=") and len(line.strip()) <= len("sep=;")


def layout_of(text: str) -> tuple[str, Columns]:
    """Return the delimiter and the columns by which the most rows of a sample have an address."""
    sample = "".join(islice(io.StringIO(text, newline=""), SAMPLE_ROWS * 2))
    best: tuple[int, str, Columns] | None = None
    headings: list[str] = []
    for delimiter in DELIMITERS:
        rows = [cells for _, cells, fault in records_of(sample, delimiter) if not fault]
        rows = rows[:SAMPLE_ROWS]
        headings = max(headings, rows[0] if rows else [], key=len)
        columns = columns_of(rows)
        if columns:
            found = sum(has_address(cells, columns.email) for cells in rows)
            score = found * 100 + len(rows[0])
            if best is None or score > best[0]:
                best = (score, delimiter, columns)
    if best:
        return best[1], best[2]
    named = ", ".join(f"“{heading.strip()[:40]}”" for heading in headings[:12] if heading.strip())
    raise UnreadableError(
        "No column holds email addresses. The first line should name the columns, one of them "
        f"“Email”. {'It has: ' + named + '.' if named else 'It is empty.'}"
    )


def columns_of(rows: list[list[str]]) -> Columns | None:
    """Return the columns of some rows, of which the first may name them; None without addresses."""
    if not rows:
        return None
    width = max(map(len, rows))
    first_is_data = any(ADDRESS.fullmatch(cell.strip()) for cell in rows[0])
    headings = [] if first_is_data else rows[0]
    keys = [heading_key(heading) for heading in headings]
    data = rows if first_is_data else rows[1:]
    counts = [sum(has_address(cells, place) for cells in data) for place in range(width)]
    named = [place for place, key in enumerate(keys) if EMAIL_KEY.search(key) and not consent(key)]
    if named:
        email = max(named, key=lambda place: (counts[place], -place))
    elif max(counts, default=0) * 2 > len(data):
        email = counts.index(max(counts))
    else:
        return None
    columns = Columns(email, headings)
    for place, key in enumerate(keys):
        if place == email:
            continue
        for purpose, known in (("name", NAME_KEYS), ("first", FIRST_KEYS), ("last", LAST_KEYS)):
            if key in known and getattr(columns, purpose) is None:
                setattr(columns, purpose, place)
        if found := consent(key):
            columns.consents[place] = found
    known = {columns.email, columns.name, columns.first, columns.last, *columns.consents}
    columns.others = [place for place in range(width) if place not in known]
    columns.is_own_export = set(keys) >= OWN_HEADINGS
    return columns


def heading_key(heading: str) -> str:
    """Return a heading in small letters, without accents and signs."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return " ".join(re.split(r"[^a-z0-9]+", plain)).strip()


def consent(key: str) -> re.Pattern[str] | None:
    """Return which of NEGATIVE, DOUBTFUL, STATUS and POSITIVE a column's key is, if any."""
    for kind in (NEGATIVE, DOUBTFUL):
        if kind.search(key):
            return kind
    if MOMENT.search(key) or ELSEWHERE.search(key):
        return None
    return next((kind for kind in (STATUS, POSITIVE) if kind.search(key)), None)


def has_address(cells: list[str], place: int) -> bool:
    return place < len(cells) and bool(ADDRESS.fullmatch(cells[place].strip()))


def row_of(line: int, cells: list[str], columns: Columns) -> Row:
    """Return what a line of cells says."""

    def cell(place: int | None) -> str:
        held = "" if place is None or place >= len(cells) else cells[place]
        return " ".join(clean_text(unescaped(held)).split())

    email, fault = read_email(cell(columns.email))
    name = cell(columns.name) or f"{cell(columns.first)} {cell(columns.last)}".strip()
    row = Row(line, email, name[:100], fault=fault)
    if columns.is_own_export:
        return with_own_state(row, cells, columns)
    for place, kind in columns.consents.items():
        value = cell(place)
        answer = what_it_says(kind, heading_key(value) or value.lower())
        if answer == Consent.REFUSED:
            row.consent = Consent.REFUSED
            break
        if answer == Consent.UNCLEAR:
            row.consent = Consent.UNCLEAR
            shown = "a date" if DATE.match(heading_key(value)) else value[:60]
            row.unclear.append((columns.title_of(place), shown))
    if row.consent != Consent.REFUSED:
        for place in columns.others:
            if is_telling(value := cell(place)):
                row.consent = Consent.UNCLEAR
                row.unclear.append((columns.title_of(place), value[:60]))
    return row


def is_telling(value: str) -> bool:
    """Tell whether a cell, or an entry of a list in it, says that somebody may have gone."""
    return any(heading_key(entry) in TELLING_WORDS for entry in re.split("[,;|]", value))


def what_it_says(kind: re.Pattern[str], value: str) -> Consent:
    """Return what a cell of a column says of consent; what nobody has listed is unclear."""
    if kind in (NEGATIVE, DOUBTFUL):
        if value in FALSE_WORDS:
            return Consent.GIVEN
        says_so = value in TRUE_WORDS | LEFT_WORDS or DATE.match(value)
        return Consent.REFUSED if says_so and kind is NEGATIVE else Consent.UNCLEAR
    if value in LEFT_WORDS or (kind is POSITIVE and value and value in FALSE_WORDS):
        return Consent.REFUSED
    is_given = value in (TRUE_WORDS | SUBSCRIBED_WORDS if kind is POSITIVE else SUBSCRIBED_WORDS)
    return Consent.GIVEN if is_given else Consent.UNCLEAR


def with_own_state(row: Row, cells: list[str], columns: Columns) -> Row:
    """Add status and dates from this site's own export."""
    by_key = {heading_key(name): cells[i] for i, name in enumerate(columns.headings[: len(cells)])}
    word = by_key.get("status", "").strip()  # a row may end before it
    status = word.lower()
    labels = {label.lower(): value for value, label in Subscriber.Status.choices}
    row.status = status if status in OWN_STATUSES else labels.get(status, "")
    if not row.status:
        row.consent, row.unclear = Consent.UNCLEAR, [("Status", word[:60])]
    for field_name, key in zip(OWN_DATES, ("asked", "confirmed", "unsubscribed"), strict=True):
        if moment := moment_of(by_key.get(key, "")):
            row.dates[field_name] = moment
    return row


def moment_of(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        return None
    if moment and not 1970 <= moment.year < 2200:  # at either end some have no time in UTC
        return None
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def unescaped(cell: str) -> str:
    """Return a cell without the apostrophe that exports put before what Excel takes for a formula
    (OWASP, CSV injection)."""
    return cell[1:] if re.match(r"' *[=+\-@\t\r\n＝＋－＠]", cell) else cell


def read_email(text: str) -> tuple[str, str]:
    """Return a cell's address, and what is wrong with it if anything is."""
    if not text:
        return text, "It has no address."
    try:
        return normalise_email(text), ""
    except ValidationError as error:
        return text, f"“{text[:100]}” is no e-mail address. {' '.join(error.messages)}"
