"""What the spam filter remembers (traces, lessons, counts), and drafts of replies."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, HelpPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from vasite.content.optimistic_lock import OptimisticLockForm


class Trace(models.Model):
    """That somebody sent a form: keyed hashes, of which nothing can be read, for a day."""

    mark = models.CharField(max_length=32)
    seen_at = models.DateTimeField(default=timezone.now)
    # How much it counts: bytes of attachments or of text, otherwise 1
    amount = models.PositiveBigIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["mark", "seen_at"]),
            models.Index(fields=["seen_at"]),
        ]

    def __str__(self) -> str:
        return self.mark


class LearntWeights(models.Model):
    """What the VA's decisions added to the classifier's weights: one row."""

    weights = models.BinaryField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Learnt until {self.changed_at:%-d %B %Y}"


class SpamTally(models.Model):
    """How many messages a form's spam was, by the month in which it was deleted."""

    month = models.DateField()
    form = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "form"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.form}, {self.month:%B %Y}: {self.count}"


class ReplyDraft(models.Model):
    """A reply that somebody is writing; it goes with the message that it replies to.

    Its `version` moves on with each change: what an older window saves late takes no word away.
    The row of a reply that was sent stays, empty, so that it is no draft again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    about_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    about_id = models.BigIntegerField()
    about = GenericForeignKey("about_type", "about_id")
    text = models.TextField(default="")
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about_type", "about_id", "user"], name="one_draft_a_reply"
            )
        ]

    def __str__(self) -> str:
        return f"Draft of a reply to {self.about}"


@register_setting(icon="warning")
class SpamSettings(BaseGenericSetting):
    """What the VA may set of the spam filter."""

    keep_spam_days = models.PositiveSmallIntegerField(
        "delete spam after days",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Until then you can take a message back.",
    )
    held_words = models.TextField(
        "words and names that are always held",
        blank=True,
        help_text="One on each line. A message with one of them is marked “unsure” and waits, "
        "whatever else it says.",
    )

    base_form_class = OptimisticLockForm
    panels = [
        FieldPanel("keep_spam_days"),
        FieldPanel("held_words"),
        HelpPanel(heading="Spam deleted so far", template="admin/spam_tally.html"),
    ]

    class Meta:
        verbose_name = "spam"

    @property
    def tallies(self) -> models.QuerySet[SpamTally]:
        """How much was deleted, the latest month first, of the last two years."""
        return SpamTally.objects.order_by("-month", "form")[:72]

    @property
    def held(self) -> list[str]:
        return [line.strip() for line in self.held_words.splitlines() if line.strip()]
