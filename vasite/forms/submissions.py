"""One row for each submission, however often its button is pressed."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import models
from django.utils import timezone

REPEAT_WINDOW = timedelta(hours=1)


class Submission(models.Model):
    """Abstract: what a visitor sent by a form, when, and a hash that tells a repetition.

    The same content on the same day is stored once by the database (two clicks that arrive at
    once) and within REPEAT_WINDOW by `is_repeated` (a reload past midnight).
    """

    received_at = models.DateTimeField("received", default=timezone.now, db_index=True)
    received_on = models.DateField(editable=False)
    content_hash = models.CharField(max_length=64, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=("content_hash", "received_on"), name="%(class)s_stored_once"
            )
        ]

    def set_content(self, *parts: str) -> None:
        """Takes what makes this submission the same as another."""
        self.content_hash = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
        self.received_on = timezone.localdate(self.received_at)

    @property
    def is_repeated(self) -> bool:
        """Whether the same content came a moment ago."""
        earlier = type(self)._default_manager.filter(
            content_hash=self.content_hash, received_at__gte=self.received_at - REPEAT_WINDOW
        )
        return earlier.exists()
