"""How the VA can be reached while the database can't be asked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import serializers
from django.core.serializers.base import DeserializationError
from django.db.models.signals import post_save
from django.dispatch import receiver

from vasite.business.models import BusinessSettings
from vasite.pagecache.files import write_whole

PATH = settings.DATA_DIR / "business.json"
_written = ""


def remember(business: BusinessSettings) -> None:
    """Keeps the business's facts beside the database, for every process of this machine.

    A process of its own may have read nothing for days, if its visitors were given finished pages.
    """
    global _written
    text = serializers.serialize("json", [business])
    if text == _written:
        return
    if write_whole(PATH, text.encode()):
        _written = text


def last_known() -> BusinessSettings | None:
    """Gives what was remembered last; asks no database."""
    with suppress(OSError, DeserializationError, StopIteration):
        text = PATH.read_text(encoding="utf-8")
        found = next(serializers.deserialize("json", text)).object
        return found if isinstance(found, BusinessSettings) else None
    return None


@receiver(post_save, sender=BusinessSettings)
def remember_saved(instance: BusinessSettings, **kwargs: Any) -> None:
    remember(instance)
