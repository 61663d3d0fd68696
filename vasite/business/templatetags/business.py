"""`{% last_known_business %}`: the business's facts for pages that may ask no database."""

from __future__ import annotations

from django import template

from vasite.business.last_known import last_known
from vasite.business.models import BusinessSettings

register = template.Library()


@register.simple_tag
def last_known_business() -> BusinessSettings | None:
    """Return the facts as they were last read, or None on a site that has none yet."""
    return last_known()
