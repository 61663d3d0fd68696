"""Addresses that lead nowhere, links that leave the site, and what the coach found on each page."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from wagtail.models import Page

PATH_LENGTH, FORMER_LENGTH = 200, 255


class FormerAddress(models.Model):
    """The path of a page that was public and is gone for good: it answers 410, not 404.

    That of a deleted page, or of one of which the owner said so when she unpublished it.
    """

    path = models.CharField(max_length=FORMER_LENGTH, unique=True)
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


class OutsideLinkQuerySet(models.QuerySet["OutsideLink"]):
    def dead(self) -> OutsideLinkQuerySet:
        """Those that failed on more than one day: a server may be down for an afternoon."""
        return self.filter(failed_days__gte=2)


class OutsideLink(models.Model):
    """An address on another site that a page links to, and whether it answered."""

    address = models.URLField(max_length=500, unique=True)
    seen_on = models.DateField(default=timezone.localdate)
    checked_on = models.DateField(null=True, blank=True)
    failed_days = models.PositiveSmallIntegerField(default=0)

    objects = OutsideLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return self.address


class PageReview(models.Model):
    """What the coach found on a public page when it was last reviewed."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    findings = models.JSONField(default=list)
    finding_count = models.PositiveSmallIntegerField("to improve", default=0, db_index=True)
    reviewed_at = models.DateTimeField("reviewed", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "page to improve"
        verbose_name_plural = "pages to improve"
        ordering = ["-finding_count", "pk"]

    def __str__(self) -> str:
        return self.page.title

    @property
    def first_finding(self) -> str:
        """The weightiest one."""
        return str(self.findings[0]["text"]) if self.findings else "Nothing to improve"
