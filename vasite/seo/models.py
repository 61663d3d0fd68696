"""Addresses that lead nowhere: those of pages that are gone, and those that never were."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from wagtail.models import Page

PATH_LENGTH = 200


class FormerAddress(models.Model):
    """The path of a page that was public and was taken down: it answers 410, not 404."""

    path = models.CharField(max_length=255, unique=True)
    left_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.path


class MissingAddress(models.Model):
    """A path without a page that visitors asked for: how often and when last, not who."""

    path = models.CharField("address", max_length=PATH_LENGTH, unique=True)
    count = models.PositiveIntegerField("asked for", default=1)
    last_asked_on = models.DateField("last asked for", default=timezone.localdate)
    leads_to = models.ForeignKey(
        Page,
        verbose_name="lead it to",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Choose the page that people look for there: from then on they arrive at it.",
    )

    class Meta:
        verbose_name = "missing address"
        verbose_name_plural = "missing addresses"
        ordering = ["-count", "path"]
        indexes = [models.Index(fields=["-count"])]

    def __str__(self) -> str:
        return self.path
