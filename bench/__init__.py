"""What the parts of the bench share."""

from __future__ import annotations


def figure(value: float, allowed: float, decimals: int = 0) -> str:
    """Gives a measured value as it stands in a table, marked when it is over what is allowed."""
    return f"{value:,.{decimals}f}{' (missed)' if value > allowed else ''}"
