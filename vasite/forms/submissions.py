"""What came in by a form: judged, and stored once however often its button is pressed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

REPEAT_WINDOW = timedelta(hours=1)
# From here on the VA is told by one mail an hour instead of one for each message.
NOTICES_AN_HOUR = 10


class Label(models.TextChoices):
    """What the spam filter makes of a message (vasite.forms.spam.judging)."""

    HAM = "ham", "Looks real"
    UNSURE = "unsure", "Unsure"
    SPAM = "spam", "Looks like spam"


class Judged(models.Model):
    """Abstract: what came in by a form, the filter's verdict, and whether the VA was told."""

    verdict = models.CharField(
        "the filter’s verdict", max_length=6, choices=Label, default=Label.HAM
    )
    reasons = models.JSONField("its reasons", default=list, editable=False)
    told_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    # The emails about it, which are deleted with it: none goes out once it is gone
    emails = GenericRelation(
        "mail.OutgoingMail",
        content_type_field="about_type",
        object_id_field="about_id",
        related_query_name="+",
    )

    # Where a page is used, Wagtail need not know of enquiries and comments: a task for each
    wagtail_reference_index_ignore = True
    # Its title is a person's name or address (vasite.forms.log_entries)
    names_people = True
    arrival_field = "received_at"
    # The field and its value that say: set aside as spam
    set_aside_filter: ClassVar[tuple[str, str]] = ("state", "spam")

    class Meta:
        abstract = True

    @classmethod
    def set_aside(cls) -> models.QuerySet[Any]:
        """The entries that are deleted once their time as spam is over."""
        field, value = cls.set_aside_filter
        return cls._default_manager.filter(**{field: value})

    @classmethod
    def without_spam(cls) -> models.QuerySet[Any]:
        field, value = cls.set_aside_filter
        return cls._default_manager.exclude(**{field: value})

    @classmethod
    def untold(cls) -> models.QuerySet[Any]:
        """The entries that wait and of which the VA has had no mail."""
        raise NotImplementedError

    def has_own_notice(self) -> bool:
        """Whether the VA gets a mail about just this one, which is then marked as told.

        Unsure ones, and those beyond NOTICES_AN_HOUR, wait for the hour's mail.
        """
        now = timezone.now()
        told = type(self)._default_manager.filter(told_at__gt=now - timedelta(hours=1))
        if self.verdict != Label.HAM or told[:NOTICES_AN_HOUR].count() >= NOTICES_AN_HOUR:
            return False
        self.told_at = now
        return True

    def needs_email(self, purpose: str) -> bool:
        """Whether an email about it that has not gone out yet is still of use."""
        return True

    @property
    def erase_url(self) -> str:
        """The page on which everything about its sender can be erased."""
        return reverse("erase_person", args=[self._meta.label_lower, self.pk])

    @property
    def reason_text(self) -> str:
        """The verdict with its reasons, for the admin."""
        return "; ".join([self.get_verdict_display(), *self.reasons])


def judged_models() -> list[type[Judged]]:
    return [model for model in apps.get_models() if issubclass(model, Judged)]


class Submission(Judged):
    """Abstract: what a visitor sent by a form, when, and a hash that tells a repetition.

    The same content on the same day is stored once by the database (two clicks that arrive at
    once) and within REPEAT_WINDOW by `is_repeated` (a reload past midnight).
    """

    received_at = models.DateTimeField("received", default=timezone.now, db_index=True)
    received_on = models.DateField(editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    # What the VA took it for, "ham" or "spam", and what the filter has learnt of that
    decision = models.CharField(max_length=4, default="", editable=False)
    learnt = models.CharField(max_length=4, default="", editable=False)
    reply_drafts = GenericRelation(
        "forms.ReplyDraft",
        content_type_field="about_type",
        object_id_field="about_id",
        related_query_name="+",
    )

    # What a state that the VA gives says about spam; one that is missing says nothing.
    lessons: ClassVar[dict[Any, Label]] = {}

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=("content_hash", "received_on"), name="%(class)s_stored_once"
            )
        ]

    @property
    def words(self) -> str:
        """What the filter reads."""
        raise NotImplementedError

    @property
    def excerpt(self) -> str:
        """Its beginning, for lists."""
        return Truncator(self.words).chars(120)

    @property
    def author_name(self) -> str:
        return str(getattr(self, "name", ""))

    @classmethod
    def undigested(cls) -> models.QuerySet[Any]:
        """The entries whose decision the filter has yet to learn, oldest first."""
        return cls._default_manager.exclude(decision=F("learnt")).order_by("pk")

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
