"""What a check finds, and the list of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from vasite.seo.coach.drafts import Draft

MOST_SHOWN = 5


class Severity(IntEnum):
    """How much a finding matters: the lower, the sooner it is shown."""

    WRONG = 1
    WEAK = 2
    HINT = 3


@dataclass(frozen=True)
class Finding:
    """One thing to improve. `place` is the name of a field, or the id of a block of the body."""

    check: str
    severity: Severity
    text: str
    why: str
    place: str = "title"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"severity": int(self.severity)}


Check = Callable[[Draft], Iterator[Finding]]
checks: list[Check] = []


def check(function: Check) -> Check:
    """Adds a function to the checks. It takes a draft and yields what it finds."""
    checks.append(function)
    return function


def review(draft: Draft) -> list[Finding]:
    """Gives all that the checks find, the weightiest first."""
    found = [finding for function in checks for finding in function(draft)]
    return sorted(found, key=lambda finding: finding.severity)
