"""`{{ amount|pounds }}`: a price as people write it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django import template

register = template.Library()


@register.filter
def pounds(amount: Decimal | int | str | None) -> str:
    """Gives "£28", "£27.50" or "£1,250"; an empty string for what is no number."""
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return ""
    if not number.is_finite():
        return ""
    return f"£{number:,.0f}" if number == number.to_integral() else f"£{number:,.2f}"
