"""A price: a number with its unit, said alike to people and to search engines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import models

CURRENCY = "GBP"  # ISO 4217


class Unit(models.TextChoices):
    """What a price is for."""

    HOUR = "hour", "an hour"
    DAY = "day", "a day"
    MONTH = "month", "a month"
    PROJECT = "project", "a project"
    ONCE = "once", "once"


# Codes of UN/CEFACT's Recommendation 20, as schema.org's unitCode asks for
UNIT_CODES = {Unit.HOUR: "HUR", Unit.DAY: "DAY", Unit.MONTH: "MON"}


@dataclass(frozen=True)
class Price:
    """An amount in pounds for a unit; `is_from` when it begins there."""

    amount: Decimal
    unit: str = Unit.ONCE
    is_from: bool = False

    def __str__(self) -> str:
        """Gives "From £30 an hour", "£280"."""
        begin = "From " if self.is_from else ""
        end = f" {Unit(self.unit).label}" if self.unit != Unit.ONCE else ""
        return f"{begin}{pounds(self.amount)}{end}"

    @property
    def unit_code(self) -> str:
        """The unit for machines; empty where there is no code for it."""
        return UNIT_CODES.get(Unit(self.unit), "")


def pounds(amount: Decimal | int | str | None) -> str:
    """Gives "£28", "£27.50" or "£1,250"; an empty string for what is no number."""
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return ""
    if not number.is_finite():
        return ""
    return f"£{number:,.0f}" if number == number.to_integral() else f"£{number:,.2f}"
