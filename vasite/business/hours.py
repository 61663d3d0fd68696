"""Opening hours, said alike to people and to search engines."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_CHOICES = [(day, day) for day in DAYS]


class HoursValue(blocks.StructValue):
    @property
    def days(self) -> list[str]:
        """All days from the first to the last."""
        first = DAYS.index(self["first_day"])
        return list(DAYS[first : DAYS.index(self["last_day"] or self["first_day"]) + 1])

    def __str__(self) -> str:
        """Gives "Monday to Thursday, 8.30am to 5pm"."""
        first, *others = self.days
        span = f"{first} {'and' if len(others) == 1 else 'to'} {others[-1]}" if others else first
        return f"{span}, {clock(self['opens'])} to {clock(self['closes'])}"


class HoursBlock(blocks.StructBlock):
    """Days with the same hours."""

    first_day = blocks.ChoiceBlock(choices=DAY_CHOICES, label="From")
    last_day = blocks.ChoiceBlock(choices=DAY_CHOICES, required=False, label="To (and including)")
    opens = blocks.TimeBlock(format="%H:%M")
    closes = blocks.TimeBlock(format="%H:%M")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        faults = {}
        if not cleaned.days:
            faults["last_day"] = ValidationError("This day comes before the first one.")
        if cleaned["closes"] <= cleaned["opens"]:
            faults["closes"] = ValidationError("This is not after the time of opening.")
        if faults:
            raise blocks.StructBlockValidationError(block_errors=faults)
        return cleaned

    class Meta:
        icon = "time"
        value_class = HoursValue


def clock(moment: time) -> str:
    """Gives "9am", "8.30am", "5pm", as times are written in Britain."""
    hour = moment.hour % 12 or 12
    minutes = f".{moment.minute:02}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}"
