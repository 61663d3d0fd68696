"""Reports of mail providers that the site could not read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class UnreadReport(models.Model):
    """What a provider's webhook brought, set aside for somebody to read."""

    names_people = True

    provider = models.CharField(max_length=40)
    text = models.TextField("what it sent")
    fault = models.CharField("why it could not be read", max_length=300)
    received_at = models.DateTimeField("received", default=timezone.now)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = "report that could not be read"
        verbose_name_plural = "reports that could not be read"
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.provider}, {self.received_at:%d.%m.%Y %H:%M}"
