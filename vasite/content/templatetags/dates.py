"""`{% day moment %}`: a date as people write it, for machines to read as well."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def day(moment: datetime | None) -> str | SafeString:
    """Gives the day of a moment by the site's clock; nothing of what has no date yet."""
    return "" if moment is None else written(moment)


@lru_cache(maxsize=1000)  # most are the same when a page is made anew
def written(moment: datetime) -> SafeString:
    local = timezone.localtime(moment)
    machine = local.strftime("%Y-%m-%dT%H:%M:%S%z")
    return format_html('<time datetime="{}">{}</time>', machine, date_format(local))
