"""The coach: what would help a page to be found and read, said while it is written.

No score, no traffic light: at most five findings, the weightiest first, each with its reason and
the place where it is mended. `drafts` takes a page apart, the modules named `…_checks` hold one
function for each check, `findings` collects what they find.
"""

from __future__ import annotations

from vasite.seo.coach.drafts import Draft
from vasite.seo.coach.findings import MOST_SHOWN, Finding, Severity, review

__all__ = ["MOST_SHOWN", "Draft", "Finding", "Severity", "review"]
