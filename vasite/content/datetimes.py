"""Dates and times as people write them: understood, or refused with what to write instead."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime as parse_iso_datetime
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.telepath import register
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput, AdminTimeInput
from wagtail.admin.widgets.datetime import AdminTimeInputAdapter

TIME_FAULT = "Enter a time such as 9am, 5.30pm or 17:30."
HALF_FAULT = "Enter one time here, such as 9am. The other one goes into the field for it."
DATE_FAULT = "Enter a date as day, month and year, such as 27/11/2026 or 27 November 2026."
DATETIME_FAULT = "Enter a date and a time, such as 27/11/2026 9am or 27 November 2026 17:30."
NO_TIME_FAULT = "Add the time, such as 27/11/2026 9am."
# "5.30" is mostly meant as 5.30pm, and so is every other hour at which few offices open
UNCLEAR_HOURS = range(1, 8)

MAX_LENGTH = 100  # characters of what is read
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAMES = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
MONTH = rf"(?P<month>{MONTH_NAMES}|{'|'.join(MONTHS)}|sept)\.?"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = r"(?:(?P<weekday>mon|tues?|wed(?:s|nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?"
DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?P<year>\d{4})-(?P<number>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<number>\d{1,2})/(?P<day>\d{1,2})",
        WEEKDAY + r"(?P<day>\d{1,2}) ?(?P<mark>[/.-]) ?(?P<number>\d{1,2}) ?(?P=mark) ?"
        r"(?P<year>\d{4}|\d{2})",
        WEEKDAY
        + rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]?{MONTH},?[ -]?(?P<year>\d{{4}})",
        WEEKDAY + rf"{MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
        r"(?P<word>today|tomorrow)",
    )
]
END = r" ?(?:(?P<half>[ap]) ?\.? ?m?\.?|h|hrs?)?"
TIME = re.compile(
    r"(?P<hour>\d{1,2})(?: ?[.:h] ?(?P<minute>\d{2})(?::(?P<second>\d{2}))?| ?o['’]?clock)?" + END
)
FOUR_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})" + END)
NOON_OR_MIDNIGHT = re.compile(r"(?:12(?:[.:]?00)? ?)?(?P<word>noon|midday|midnight)")


def parse_time(text: str) -> time:
    """Read "9", "1pm", "5.30 p.m.", "17:30", "1730" or "noon".

    Raise ValidationError for what can't be read or has two meanings.
    """
    plain = _plain(text)
    if word := NOON_OR_MIDNIGHT.fullmatch(plain):
        return time(0 if word["word"] == "midnight" else 12)
    found = TIME.fullmatch(plain) or FOUR_DIGITS.fullmatch(plain)
    if not found:
        is_range = re.search(r"\d.*(?:-|–|—|\bto\b|\buntil\b).*\d", plain)
        raise ValidationError(HALF_FAULT if is_range else TIME_FAULT, code="invalid")
    parts = found.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts["half"] and hour <= 12:
        if hour == 0:
            raise ValidationError(TIME_FAULT, code="invalid")
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    elif parts["half"] == "a":  # "13am"
        raise ValidationError(TIME_FAULT, code="invalid")
    elif len(parts["hour"]) == 1 and hour in UNCLEAR_HOURS and "h" not in plain:
        words = f"Enter a time such as {hour}am or {hour}pm: “{text.strip()}” may be either."
        raise ValidationError(words, code="invalid")
    try:
        return time(hour, minute, second)
    except ValueError:
        raise ValidationError(TIME_FAULT, code="invalid") from None


def parse_date(text: str) -> date:
    """Read "27/11/2026", "27.11.26", "2026-11-27", "27 November 2026" or "tomorrow"."""
    plain = _plain(text)
    for pattern in DATES:
        if found := pattern.fullmatch(plain):
            return _date_of(found, DATE_FAULT)
    raise ValidationError(DATE_FAULT, code="invalid")


def parse_datetime(text: str) -> datetime:
    """Read a date and a time in either order, such as "27/11/2026 9am" or "9am on 27.11.2026"."""
    plain = _plain(text)
    try:
        if "t" in plain and (exact := parse_iso_datetime(plain.upper())):
            return exact
    except ValueError:
        raise ValidationError(DATETIME_FAULT, code="invalid") from None
    for pattern in DATES:
        if found := pattern.match(plain):
            rest = re.sub(r"^(?:,| at\b|t(?=\d)|\s)*", "", plain[found.end() :])
        elif found := re.search(rf"(?:^|(?<=[ ,])){pattern.pattern}$", plain):
            rest = re.sub(r"(?:,| on\b|\s)*$", "", plain[: found.start()])
        else:
            continue
        day = _date_of(found, DATETIME_FAULT)
        if not rest:
            raise ValidationError(NO_TIME_FAULT, code="invalid")
        return datetime.combine(day, parse_time(rest))
    raise ValidationError(DATETIME_FAULT, code="invalid")


def say_time(moment: time) -> str:
    """Write "9am", "8.30am", "5pm", as times are written in Britain."""
    hour = moment.hour % 12 or 12
    minutes = f".{moment.minute:02}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}"


def _plain(text: str) -> str:
    """Fold case, spaces of all kinds, full-width digits and typographic hyphens.

    Returns "" for what is too long to be a date: one character may become eighteen.
    """
    if len(text) > MAX_LENGTH:
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[‐-―−]", "-", folded).replace("\u200b", "").split())


def _date_of(found: re.Match[str], fault: str) -> date:
    parts = found.groupdict()
    today = timezone.localdate()
    if word := parts.get("word"):
        return today + timedelta(days=word == "tomorrow")
    year = int(parts["year"])
    month = MONTHS.index(parts["month"][:3]) + 1 if parts.get("month") else int(parts["number"])
    try:
        day = date(year + 2000 if len(parts["year"]) == 2 else year, month, int(parts["day"]))
    except ValueError:
        raise ValidationError(fault, code="invalid") from None
    if not 1900 <= day.year < 2200:
        raise ValidationError(fault, code="invalid")
    weekday = parts.get("weekday")
    if weekday and WEEKDAYS.index(weekday[:3]) != day.weekday():
        words = f"{day.day} {day:%B %Y} is a {day:%A}. Correct the date or leave out the weekday."
        raise ValidationError(words, code="invalid")
    return day


class TimeField(forms.TimeField):
    """A time of day as people write it."""

    def to_python(self, value: Any) -> time | None:
        if isinstance(value, str) and value.strip():
            return parse_time(value)
        return super().to_python(value)


class DateField(forms.DateField):
    """A date as people write it."""

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip():
            return parse_date(value)
        return super().to_python(value)


class DateTimeField(forms.DateTimeField):
    """A date with a time as people write them, by the clock of TIME_ZONE."""

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, str) and value.strip():
            moment = parse_datetime(value)
            if timezone.is_aware(moment):
                return moment
            try:
                return super().to_python(moment)
            except ValidationError:
                raise ValidationError(
                    "The clocks change just then. Enter a time an hour earlier or later.",
                    code="invalid",
                ) from None
        return super().to_python(value)


class TimeInput(AdminTimeInput):
    """Show a time as the site prints it."""

    def __init__(self, attrs: Any = None, format: str | None = None) -> None:  # noqa: A002
        super().__init__(attrs=attrs, format=format)
        self.js_format = "g.ia"  # 5.30pm: what the list of times writes into the field

    def format_value(self, value: Any) -> str | None:
        return say_time(value) if isinstance(value, time) else super().format_value(value)


register(AdminTimeInputAdapter(), TimeInput)


class TimeBlock(blocks.TimeBlock):
    """A time of day as people write it."""

    @cached_property
    def field(self) -> TimeField:
        return TimeField(widget=TimeInput(), **self.field_options)


def register_fields() -> None:
    """Make every date and time in the admin's forms one of these fields."""
    for model_field, form_class, widget in (
        (models.TimeField, TimeField, TimeInput),
        (models.DateField, DateField, AdminDateInput),
        (models.DateTimeField, DateTimeField, AdminDateTimeInput),
    ):
        register_form_field_override(
            model_field, override={"form_class": form_class, "widget": widget}
        )
