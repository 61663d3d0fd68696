"""Lists of subscribers that the VA brings along from elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class SubscriberImport(models.Model):
    """A file of addresses, what reading it found, and how far its rows are taken in."""

    names_people = True

    class Status(models.TextChoices):
        READ = "read", "To be looked at"
        RUNNING = "running", "Being taken in"
        DONE = "done", "Taken in"

    file_name = models.CharField(max_length=200)
    text = models.TextField()  # the file itself, until it is taken in
    status = models.CharField(max_length=8, choices=Status, default=Status.READ)
    consent = models.CharField(max_length=300, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    row_count = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # How many rows are of each newsletter.importing.Kind: by the preview, then as taken in
    counts = models.JSONField(default=dict)
    faults = models.JSONField(default=list)  # [line of the file, what is wrong with it]
    # [column, value, rows] of which only the owner can say whether they are consent, and those
    # [column, value] that the owner said are
    unclear = models.JSONField(default=list)
    accepted = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.file_name
