"""Opening hours, said alike to people and to search engines."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks

from vasite.content.datetimes import TimeBlock, say_time

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = time(0)
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
        return f"{span}, {say_time(self['opens'])} to {say_time(self['closes'])}"


class HoursBlock(blocks.StructBlock):
    """Days with the same hours."""

    first_day = blocks.ChoiceBlock(choices=DAY_CHOICES, label="From")
    last_day = blocks.ChoiceBlock(choices=DAY_CHOICES, required=False, label="To (and including)")
    opens = TimeBlock(help_text="Such as 9am or 8.30am")
    closes = TimeBlock(help_text="Such as 5pm or 17:30")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        faults = {}
        if not cleaned.days:
            faults["last_day"] = ValidationError("This day comes before the first one.")
        if cleaned["closes"] <= cleaned["opens"]:
            opens, closes = say_time(cleaned["opens"]), say_time(cleaned["closes"])
            hint = "write pm for the afternoon, such as 5pm."
            if cleaned["closes"] == MIDNIGHT:
                hint = "write 11.59pm for the end of the day."
            faults["closes"] = ValidationError(
                f"Closing time must be later than {opens}. You entered {closes}: {hint}"
            )
        if faults:
            raise blocks.StructBlockValidationError(block_errors=faults)
        return cleaned

    class Meta:
        icon = "time"
        value_class = HoursValue
