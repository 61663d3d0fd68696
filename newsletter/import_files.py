"""Reading a CSV file of subscribers, whichever program wrote it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from calendar import day_abbr, day_name, month_abbr, month_name
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
MAX_RECORD = 100_000  # characters of a row of several lines
MAX_CELLS = 1000  # of a row
DELIMITERS = ",;\t|"
# At most as long as the parts of an address (RFC 5321, 4.5.3.1): what is longer takes no longer
ADDRESS = re.compile(r"[^\s@,;<>\"']{1,64}@[^\s@,;<>\"']{1,253}\.[^\s@,;<>\"']{1,63}")
# Asked about whoever stands in a row that can't be read, and in another that can
UNREADABLE = ("Another row of the same address", "can’t be read")
WORD_END = re.compile(r"[\s,;|<>()\[\]\"]+")
CELL_END = re.compile(r"[,;|\t\"\r\n]+")
OWN_STATUSES = set(Subscriber.Status.values)
OWN_DATES = ("subscribed_at", "confirmed_at", "unsubscribed_at")
NO_DATE = "“{}” is no date that this site writes. Write 2026-11-27 14:30, or leave the cell empty."
# The headings of this site's own export, as keys, of any age: from it all is taken as it is
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
    r"|withdr[ae]w|revo[ck]|\bleft\b|\bstop|abbestell|ausgetrag|widerruf|gesperrt|gekundigt"
    r"|uitgeschreven|disiscri|desuscri|descadastr|wypisa|отпис|заблок|退订|退会|解除|수신거부"
    r"|on hold\b"
)
# Of the newsletter, or of a paid plan that let them go on reading? Only the owner knows
DOUBTFUL = re.compile(
    r"cancel|expir|laps|churn|\bquit|\bexit|\bend(?:ed|s)?\b|until|terminat|resign|leaving|deactiv"
    r"|reject|undeliver|unreach|\bmuted?\b|snooz|\bdnc\b|austritt|abgang|ablauf|\bbis\b|kundig"
    r"|\bfail|\breason\b|deaktiv|desactiv|sortie|\bfin\b|disattiv|scaden|vertrok|beeindig|konca"
)
# Dates of something else than an end. Under any other heading, a date may say when somebody left
BEGINNING = re.compile(
    r"creat|updat|add|chang|modif|edit|birth|born|anniversary|wedding|join|since|sign|regist|subscri"
    r"|opt ?in|confirm|consent|open|click|seen|visit|activ|log ?in|order|purchas|bought|paid"
    r"|payment|sent|receiv|email|import|export|sync|start|first|last|latest|recent|next|appointment|booking"
    r"|^(?:date|datum|data|fecha|time|timestamp|day|year|jahr|annee|ano)$|erstell|angelegt|geander"
    r"|geburt|eintritt|anmeld|letzt|bestell|kauf|seit|cree|naissance|dernier|achat|inscri|iscri"
    r"|nacim|\balta\b|ultim|compra|nascita|creazione|aggiorn|nascimento|cadastr|aangemaakt|gewijzigd"
    r"|geboorte|laatst|aangemeld|urodz|zapis|注册|登録|生年|작성|생성|созда|рожд|регистр"
)
# Columns that say when somebody confirmed or agreed: who has no date in any may never have
PROOF = re.compile(
    r"confirm|opt ?in|verif|validat|activat|consent|subscri|bestatig|\bdoi\b|einwillig|anmeld"
    r"|inscri|iscri|conferm|suscri|bevestig|toestemming|potwierd|zgod|bekraft|bekreft|potvrz|vahvist"
    r"|подтвер|подпис|согла"
)
WHEN = re.compile(r"\b(?:time|date|at|on|since|timestamp|datum|data|fecha|am|le|il|op)\b")
# What is said of something else than this newsletter
ELSEWHERE = re.compile(r"\bsms\b|\bdigest\b|\bpaid\b|\bplan\b|^active subscription$")
POSITIVE = re.compile(
    r"subscrib(?:ed|er status|e$)|subscription|consent|opt ?in|opted in|accepts|permission"
    r"|marketing|newsletter|gdpr|agreed|active$|enabled|confirmed|abonn|einwilligung|zustimmung"
    r"|angemeldet|consens|consentim|inscri|iscri|toestemming|samty|zgoda|souhlas|suostumus"
    r"|подпис|соглас|同意|订阅|購読|구독"
)
STATUS = re.compile(
    r"status|state$|zustand|statut|estado|stato|situacao|situatie|tilstand|\btila\b|\bstav\b|\bstan\b"
    r"|durum|allapot|статус|состояние|стан|κατασταση|状态|狀態|ステータス|状況|상태|حالة|סטטוס"
)
# What makes a question of any heading: "OK to write to this address?"
REQUEST = re.compile(r"\b(?:ok|okay|may|can|want|wish|like|happy|allow|agree|send|mailing list)\b")
# Columns that certainly mean something else, in which not even "yes" and "no" are consent
CERTAIN = re.compile(
    r"\b(?:city|town|village|country|county|region|province|zip|post ?code|street|address\d?|phone"
    r"|telephone|tel|mobile|cell|company|organi[sz]ation|employer|job|position|salutation|language"
    r"|lang|locale|zone|birthday|birth|age|gender|sex|website|web|domain|nickname|initials?|middle"
    r"|suffix|prefix|referrer|device|browser|latitude|longitude|uuid|amount|total|orders|verified"
    r"|ip|source|url|id|count|rating|name|stadt|ort|land|bundesland|plz|strasse|anschrift|adresse"
    r"|telefon|handy|firma|beruf|sprache|geschlecht|anrede|ville|pays|rue|entreprise|langue"
    r"|civilite|ciudad|pais|calle|empresa|idioma|citta|paese|azienda|lingua|telefono|stad|bedrijf"
    r"|taal|cidade|miasto|kraj|naam|navn|namn|imie|jmeno|город|имя|страна|компания|телефон|язык)\b"
    r"|\b(?:date|at|timestamp)$|^(?:\w+ )?time$"
)
# And those of which other words than "yes" and "no" are none
NEUTRAL = re.compile(
    r"\b(?:business|role|title|tags?|notes?|comments?|remarks?|type|result|industry|interests?"
    r"|topics?|category|service|product|campaign|attributes|created|updated|added|changed|notiz"
    r"|notizen)\b"
)
# The same: in these "no" or "none" among other words may mean that somebody is on no list
BELONGING = re.compile(
    r"\b(?:lists?|groups?|segments?|contact|kontakt|kunde|kundin|klient|client|person|member"
    r"|mitglied)\b"
)
MAX_KINDS = 6  # of values in a column that looks like a status
LETTERS = re.compile(r"[a-z\d](?: [a-z\d])*")  # a heading without a word says nothing
WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,2}")
MOMENT = re.compile(r"\b(?:time|date|at|on|ip|source|url|id|count|rating|name|timestamp)\b")

DATE = re.compile(r"\d{4}\D\d{1,2}|\d{1,2}\D\d{1,2}\D\d{2}")  # or a time, once its signs are gone
# What can be nothing but a date: with a year, all in digits, or in seconds since 1970
ONLY_A_DATE = re.compile(
    r"(?:.{0,25}(?<!\d))?(?:19|20)\d\d(?!\d).{0,25}|\d{1,2}\D\d{1,2}\D\d{2}(?:\D.{0,20})?"
    r"|(?:19|20)\d{6}|1\d{9}(?:\d{3})?"
)
LETTERS_ONLY = re.compile(r"[^\W\d_]+")
# Of a date; months of other languages are asked about one by one
DATE_WORDS = {"t", "z", "am", "pm", "utc", "gmt", "st", "nd", "rd", "th"} | {
    name.lower() for name in (*month_name, *month_abbr, *day_name, *day_abbr)
}

# These say it in any column, the others in one that speaks of consent
CONSENT_WORDS = {"subscribed", "confirmed", "subscriber", "opted in", "opt in", "optin"}
SUBSCRIBED_WORDS = {*CONSENT_WORDS, "active", "enabled", "yes", "true", "1", "y"}
LEFT_WORDS = {
    *("unsubscribed", "unsubscribe", "cleaned", "bounced", "hard bounce", "hard bounced", "bounce"),
    *("soft bounced", "inactive", "unconfirmed", "not confirmed", "blocklisted", "blacklisted"),
    *("blocked", "disabled", "complained", "complaint", "spam", "junk", "pending", "archived"),
    *("non subscribed", "nonsubscribed", "not subscribed", "deleted", "removed", "suppressed"),
    *("opted out", "opt out", "optout", "cancelled", "canceled", "invalid", "transactional"),
    *("held", "no", "false", "0", "n", "never subscribed", "unsubscribed by admin", "desabonne"),
}
# What says in any column, in one for notes or tags as well, that somebody may have gone
TELLING = re.compile(
    r"\b(?:un ?sub|opt(?:ed)? ?out|bounc|black ?list|block(?:ed|list)|suppress|complain|^cleaned\b"
    r"|(?:do not|don ?t|no) (?:e ?mail|mail|contact|send|write|newsletter|marketing|consent)"
    r"|no (?:longer|more)\b|not interested|please stop|stop (?:sending|e ?mail|mail|writing)"
    r"|take me off|dnc\b|former\b(?! name)|lapsed\b|paused\b"
    r"|withdr[ae]w|revo[ck]|(?:not|non|never|no) ?(?:subscri|confirm|active|opted)"
    r"|^stop$|stopped\b|erased?\b|un(?:activated|confirmed)|pending|in ?activ"
    r"|(?:left|leave|off) (?:(?:the|our|your|this|my) )?list"
    r"|removed?\b|deleted\b|disabled\b|invalid\b|cancel|spam|undeliver|junk\b|refus|declin"
    r"|abgemeldet|abmeld|abbestell|ausgetragen|widerruf|gesperrt|gekundigt|gelosch|inakt|unzustell"
    r"|unbestatigt|nicht |kein |desabonn|desinscr|annul|bloqu|desuscri|de baja\b|^baja$|rebot"
    r"|rebond|disiscri|bloccat|disattiv|descadastr|afgemeld|uitgeschreven|geblokkeerd|opgezegd"
    r"|wypisa|zablok|niepotw|avregistr|avprenumer|avmeld|afmeld|frameld|odhlas|peruttu|leiratk)"
    r"|отпис|заблок|неактив|отказ|відпис|διαγραφ|απεγγραφ|退订|取消|退会|解除|停止|수신거부|해지|취소"
    r"|الغا|ملغ"
)
TRUE_WORDS = {"1", "true", "yes", "y", "x", "on", "t", "ja", "oui", "si"}
FALSE_WORDS = {"", "0", "false", "no", "n", "off", "f", "nein", "non", "none", "null", "nil", "-"}
FALSE_WORDS |= {"0000 00 00", "0000 00 00 00 00 00"}  # MySQL's date of nothing
# Words for yes and no in other languages: in a column that nobody has named they are a question
FLAGS = TRUE_WORDS | FALSE_WORDS | SUBSCRIBED_WORDS | LEFT_WORDS
FLAGS |= {
    *("nee", "nao", "sim", "nie", "tak", "nej", "nei", "ei", "kylla", "ne", "ano", "da", "hayır"),
    *("evet", "да", "нет", "ні", "так", "ναι", "οχι", "是", "否", "はい", "いいえ", "예", "아니요"),
}


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
    `status`, `dates`, `rhythm` and the slugs in `topics` are those of this site's own export.
    `named` are the keys of the addresses of a row that can't be read, of which `consent` is that of
    its bare text.
    """

    line: int
    email: str = ""
    name: str = ""
    consent: Consent = Consent.GIVEN
    unclear: list[tuple[str, str]] = field(default_factory=list)
    status: str = ""
    dates: dict[str, datetime] = field(default_factory=dict)
    rhythm: str = ""
    has_chosen_topics: bool = False
    topics: list[str] = field(default_factory=list)
    fault: str = ""
    named: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return email_key(self.email)


@dataclass
class Columns:
    """Which columns hold what: their places by purpose, and those that speak of consent."""

    email: int
    headings: list[str] = field(default_factory=list)
    heading_line: int = 0  # that of the headings; what stands above is a title
    name: int | None = None
    first: int | None = None
    last: int | None = None
    consents: dict[int, re.Pattern[str]] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)
    proofs: list[int] = field(default_factory=list)  # of the others: those of PROOF
    doubtful: set[int] = field(default_factory=set)  # those that look like a status
    unseen: set[int] = field(default_factory=set)  # and those that are empty in the sample
    is_own_export: bool = False

    def title_of(self, place: int) -> str:
        """Return a column's heading, or its number where it has none."""
        heading = self.headings[place].strip() if place < len(self.headings) else ""
        return heading[:60] or f"Column {place + 1}"

    def key_of(self, place: int) -> str:
        """Return the key of a column's heading, empty where it has none."""
        return heading_key(self.headings[place]) if place < len(self.headings) else ""


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8, UTF-16 with its mark, or what Excel writes on Windows or, with
    CR alone at the end of a line, on a Mac. A line that is not UTF-8 in a file that is does not
    change how the others are read."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        raise UnreadableError("This is no CSV file. In Excel: Save as → CSV UTF-8.")
    other = "mac_roman" if b"\r" in content and b"\n" not in content else "cp1252"
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines(True)
    return "".join(decode_line(line, other) for line in lines)


def decode_line(line: bytes, other: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(other, "replace")


def rows_of(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV file. Raises UnreadableError when no column holds addresses."""
    delimiter, columns = layout_of(text)
    for line, cells, fault, record in records_of(text, delimiter):
        if line <= columns.heading_line:
            continue
        row = Row(line, fault=fault) if fault else row_of(line, cells, columns)
        if row.fault:
            row.named = set(keys_in(record))
        if fault:
            row.consent = Consent.REFUSED if names_an_end(record) else Consent.UNCLEAR
            row.unclear = [UNREADABLE]
        yield row


def names_an_end(text: str) -> bool:
    """Tell whether a text that no rule of CSV takes apart says that somebody has left."""
    words = set(map(heading_key, CELL_END.split(text)))
    return bool(words & (LEFT_WORDS - FALSE_WORDS)) or any(map(TELLING.search, words))


def keys_in(text: str) -> Iterator[str]:
    """Yield the keys of the addresses in a text that no rule of CSV takes apart."""
    for word in WORD_END.split(text):
        if "@" in word:
            email, fault = read_email(word)
            if not fault:
                yield email_key(email)


def records_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Yield line, cells, fault and text of each row that is not blank.

    Only CR and LF end a line (RFC 4180). A quotation mark that is not closed costs its own line.
    """
    lines = list(io.StringIO(text, newline=""))
    place = 0
    while place < len(lines):
        start = place
        record = lines[place]
        place += 1
        is_open = bool(record.count('"') % 2)
        while is_open and place < len(lines) and place - start < MAX_LINES:
            if len(record) + len(lines[place]) > MAX_RECORD:
                break
            is_open = lines[place].count('"') % 2 == 0
            record += lines[place]
            place += 1
        is_odd = place - start > 1 and ADDRESS.search(record.partition("\n")[2])
        if is_open or is_odd:
            place = start + 1
            fault = 'A quotation mark (") in it is opened and not closed.'
            yield start + 1, [], fault, lines[start]
        elif record.strip(f" {delimiter}\r\n\f\v"):
            if is_separator(record) and not start:
                continue
            try:
                cells = next(csv.reader([record], delimiter=delimiter, skipinitialspace=True))
            except csv.Error:
                yield start + 1, [], "One of its cells is too long to be read.", record
            else:
                fault = "One of its cells is too long." if max(map(len, cells)) > MAX_CELL else ""
                if len(cells) > MAX_CELLS:
                    cells, fault = [], "It has too many cells."
                yield start + 1, cells, fault, record


def is_separator(line: str) -> bool:
    """Tell whether a file's first line is Excel's own, which names the delimiter."""
    return line.strip().lower().startswith("sep=") and len(line.strip()) <= len("sep=;")


def layout_of(text: str) -> tuple[str, Columns]:
    """Return the delimiter and the columns by which the most rows of a sample have an address."""
    sample = "".join(islice(io.StringIO(text, newline=""), SAMPLE_ROWS * 2))
    best: tuple[int, str, Columns] | None = None
    headings: list[str] = []
    for delimiter in DELIMITERS:
        records = [record[:2] for record in records_of(sample, delimiter) if not record[2]]
        records = records[titles_in([cells for _, cells in records]) :][:SAMPLE_ROWS]
        rows = [cells for _, cells in records]
        headings = max(headings, rows[0] if rows else [], key=len)
        columns = columns_of(rows)
        if columns:
            columns.heading_line = records[0][0] if columns.headings else 0
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


def titles_in(rows: list[list[str]]) -> int:
    """Return how many rows stand above the one that names the columns, such as a list's title."""
    for number, cells in enumerate(rows):
        if any(ADDRESS.fullmatch(cell.strip()) for cell in cells):
            break
        if any(EMAIL_KEY.search(heading_key(cell)) for cell in cells) and len(cells) > 1:
            return number
    return 0


def columns_of(rows: list[list[str]]) -> Columns | None:
    """Return the columns of some rows, of which the first may name them; None without addresses."""
    if not rows:
        return None
    width = max(map(len, rows))
    first_is_data = is_data(rows[0])
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
    for place in columns.others:
        values = [cells[place] for cells in data if place < len(cells)]
        if proves_consent(columns.key_of(place), values):
            columns.proofs.append(place)
        elif not any(map(str.strip, values)):
            columns.unseen.add(place)
        elif looks_like_status(columns.key_of(place), values):
            columns.doubtful.add(place)
    return columns


def is_data(cells: list[str]) -> bool:
    """Tell whether a first row names nothing: an address in it may be a wrong one, but that in a
    heading may be an example."""
    has_email = any(ADDRESS.fullmatch(cell.strip()) for cell in cells)
    is_named = any(EMAIL_KEY.search(heading_key(cell)) for cell in cells)
    return has_email or (not is_named and any("@" in cell.strip("@") for cell in cells))


def heading_key(heading: str) -> str:
    """Return a heading in small letters, without accents and signs."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    letters = unicodedata.normalize("NFKD", spaced.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.split(r"[\W_]+", unicodedata.normalize("NFC", plain))).strip()


def looks_like_status(key: str, values: list[str]) -> bool:
    """Tell whether a column that nobody knows may say who agreed: by a sample of its values, which
    are yes and no, or, under a heading, dates or a few words; without one, one is known."""
    is_about_else = CERTAIN.search(key) and not REQUEST.search(key)
    if is_about_else or ELSEWHERE.search(key) or LETTERS.fullmatch(key):
        return False
    said = {heading_key(value) or value.strip() for value in values}
    kinds = said - {"", *CONSENT_WORDS}
    if all(kind in FLAGS or not heading_key(kind) for kind in kinds):  # a tick has no letters
        return bool(kinds)
    if NEUTRAL.search(key) or BELONGING.search(key):
        return False
    if key and all(map(ONLY_A_DATE.fullmatch, kinds)):
        return not BEGINNING.search(key)
    if MOMENT.search(key) or not (key or said & (SUBSCRIBED_WORDS | LEFT_WORDS)):
        return False
    return len(kinds) <= MAX_KINDS and all(map(WORDS.fullmatch, kinds))


def proves_consent(key: str, values: list[str]) -> bool:
    """Tell whether a column says when somebody agreed: by a sample of its values, which are dates
    where there are any."""
    if not is_of_proof(key):
        return False
    kinds = set(map(heading_key, values)) - FALSE_WORDS
    return all(map(ONLY_A_DATE.fullmatch, kinds)) and bool(kinds or WHEN.search(key))


def is_of_proof(key: str) -> bool:
    """Tell whether a "no" in a column may mean that somebody never confirmed or agreed to this."""
    return bool(PROOF.search(key)) and not ELSEWHERE.search(key)


def consent(key: str) -> re.Pattern[str] | None:
    """Return which of NEGATIVE, DOUBTFUL, STATUS and POSITIVE a column's key is, if any."""
    for kind in (NEGATIVE, DOUBTFUL):
        if kind.search(key):
            return kind
    if TELLING.search(key):
        return DOUBTFUL
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
    proofs = [heading_key(cell(place)) for place in columns.proofs]
    has_proof = not proofs or any(map(ONLY_A_DATE.fullmatch, proofs))
    for place, kind in columns.consents.items():
        value = cell(place)
        answer = what_it_says(kind, heading_key(value) or value.lower())
        has_proof |= answer == Consent.GIVEN and kind in (STATUS, POSITIVE)
        if answer == Consent.REFUSED:
            row.consent = Consent.REFUSED
            break
        if answer == Consent.UNCLEAR:
            row.consent = Consent.UNCLEAR
            row.unclear.append((columns.title_of(place), shown(value)))
    if row.consent != Consent.REFUSED:
        if not has_proof:
            row.consent = Consent.UNCLEAR
            row.unclear.append((columns.title_of(columns.proofs[0]), cell(columns.proofs[0])[:60]))
        for place in columns.others:
            value = cell(place)
            key = heading_key(value)
            is_doubtful = place in columns.doubtful and key not in CONSENT_WORDS
            if place in columns.unseen and value:
                is_doubtful = looks_like_status(columns.key_of(place), [value])
            if value and key in FALSE_WORDS and place not in columns.proofs:
                heading = columns.key_of(place)
                is_doubtful |= is_of_proof(heading)
                is_doubtful |= bool(BELONGING.search(heading)) and not CERTAIN.search(heading)
            if is_doubtful or TELLING.search(key):
                row.consent = Consent.UNCLEAR
                row.unclear.append((columns.title_of(place), shown(value)))
    return row


def shown(value: str) -> str:
    """Return a value as the owner is asked about it: all dates with the same words at once."""
    key = heading_key(value)
    if not DATE.match(key) and not ONLY_A_DATE.fullmatch(key):
        return value[:60]
    words = beside_a_date(key)
    return f"{words[:60]}, a date" if words else "a date"


def beside_a_date(key: str) -> str:
    """Return the words of a cell with a date in it that are not of the date."""
    return " ".join(word for word in LETTERS_ONLY.findall(key) if word not in DATE_WORDS)


def what_it_says(kind: re.Pattern[str], value: str) -> Consent:
    """Return what a cell of a column says of consent; what nobody has listed is unclear."""
    if kind in (NEGATIVE, DOUBTFUL):
        if value in FALSE_WORDS:
            return Consent.GIVEN
        says_so = value in TRUE_WORDS | LEFT_WORDS or DATE.match(value)
        return Consent.REFUSED if says_so and kind is NEGATIVE else Consent.UNCLEAR
    has_left = value in LEFT_WORDS or beside_a_date(value) in LEFT_WORDS
    if has_left or (kind is POSITIVE and value and value in FALSE_WORDS):
        return Consent.REFUSED
    is_given = value in (TRUE_WORDS | SUBSCRIBED_WORDS if kind is POSITIVE else SUBSCRIBED_WORDS)
    return Consent.GIVEN if is_given else Consent.UNCLEAR


def with_own_state(row: Row, cells: list[str], columns: Columns) -> Row:
    """Add status, dates and what they get from this site's own export."""
    by_key = {heading_key(name): cells[i] for i, name in enumerate(columns.headings[: len(cells)])}
    word = by_key.get("status", "").strip()  # a row may end before it
    status = word.lower()
    labels = {label.lower(): value for value, label in Subscriber.Status.choices}
    row.status = status if status in OWN_STATUSES else labels.get(status, "")
    if not row.status:
        row.consent, row.unclear = Consent.UNCLEAR, [("Status", word[:60])]
    rhythms = {label: value for value, label in Subscriber.Rhythm.choices}
    row.rhythm = rhythms.get(by_key.get("what they get", "").strip(), "")
    row.topics = list(filter(None, WORD_END.split(unescaped(by_key.get("topics", "")))))
    said = by_key.get("chose topics", "").strip().lower()
    row.has_chosen_topics = bool(row.topics) or said == "true"  # Excel writes WAHR, VRAI …
    for field_name, key in zip(OWN_DATES, ("asked", "confirmed", "unsubscribed"), strict=True):
        text = by_key.get(key, "").strip()
        if moment := moment_of(text):
            row.dates[field_name] = moment
        elif text and row.status in {Subscriber.Status.UNCONFIRMED, Subscriber.Status.CONFIRMED}:
            row.fault = row.fault or NO_DATE.format(text[:60])  # today would be no proof
    return row


def moment_of(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
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
