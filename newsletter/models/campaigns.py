"""Letters to all or some of the subscribers, and what became of each of them."""

from __future__ import annotations

import calendar
import re
from datetime import timedelta
from itertools import chain, count
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.forms import CheckboxSelectMultiple
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import slugify
from modelcluster.fields import ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin, RevisionMixin

from newsletter.blocks import LetterBlocks
from newsletter.models.subscribers import NewsletterPage, Subscriber, SubscriberQuerySet
from newsletter.tokens import signed_url
from vasite.business.models import BusinessSettings
from vasite.content.optimistic_lock import OptimisticLockForm
from vasite.content.visibility import path_of
from vasite.mail.models import moment

# Addresses below /newsletter/ that lead elsewhere
TAKEN_SLUGS = {"confirm", "feed", "go", "preferences", "subscribe", "thank-you", "unsubscribe"}
FIRST_NAME = re.compile(r"\{\{(?:\s|&nbsp;)*first(?:\s|&nbsp;)+name(?:\s|&nbsp;)*\}\}")
# In a subject that is read without it: “Spring, {{ first name }}”
NAME_BY_THE_WAY = re.compile(rf",\s*{FIRST_NAME.pattern}|^{FIRST_NAME.pattern},\s*")

# Between the owner's yes and the first email: time to cancel
GRACE = timedelta(minutes=1)
MESSAGE_ID = re.compile(r"\bletter\.([0-9]{1,18})\.([0-9a-f]{32})@")

# What a writer changes of a letter, and what follows from it
WRITTEN_FIELDS = [
    *("subject", "preheader", "sender_name", "body", "nameless", "joined_since", "is_public"),
    *("topics", "slug", "latest_revision"),
]


@register_setting(icon="mail")
class SendingSettings(BaseGenericSetting):
    """What the VA's mail provider allows, and how late a letter may still go out."""

    per_second = models.PositiveIntegerField("letters a second", null=True, blank=True)
    per_hour = models.PositiveIntegerField("letters an hour", null=True, blank=True)
    per_day = models.PositiveIntegerField("letters a day", null=True, blank=True)
    late_hours = models.PositiveSmallIntegerField(
        "a planned letter may be late by, in hours",
        default=6,
        validators=[MaxValueValidator(720)],
        help_text="After a longer time in which the site was down, you are asked first.",
    )
    sends_posts = models.BooleanField(
        "send new posts to readers who asked for each",
        default=True,
        help_text="Readers choose that by the link in each letter.",
    )
    post_minutes = models.PositiveSmallIntegerField(
        "minutes after publishing",
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
        help_text="Time to find a slip before everybody reads it.",
    )
    round_up_day = models.PositiveSmallIntegerField(
        "send the round-up on",
        choices=[(None, "No day: never"), *enumerate(calendar.day_name)],
        null=True,
        blank=True,
        default=calendar.FRIDAY,
        help_text="At nine in the morning, to readers who asked for it; not when nothing is new.",
    )
    counts_clicks = models.BooleanField(
        "count how often the links in letters are followed",
        default=False,
        help_text="How often, never by whom. Your privacy page has to say so.",
    )
    postal_address = models.CharField(
        max_length=200,
        blank=True,
        help_text="Stands under each letter. Companies, and letters to the United States, need "
        "one; a post-office box will do.",
    )

    dkim_selector = models.CharField(
        "DKIM selector",
        max_length=63,
        blank=True,
        validators=[RegexValidator(r"^[\w.-]+\Z", "A selector is one word, such as s1 or google.")],
        help_text="Your mail provider’s word for its signature. Left empty: the usual ones are "
        "looked for.",
    )

    base_form_class = OptimisticLockForm
    panels = [
        MultiFieldPanel(
            [
                HelpPanel("Ask your mail provider. Left empty: as fast as it takes them."),
                FieldRowPanel(
                    [FieldPanel("per_second"), FieldPanel("per_hour"), FieldPanel("per_day")]
                ),
            ],
            "How many letters your provider takes",
        ),
        MultiFieldPanel(
            [FieldPanel("sends_posts"), FieldPanel("post_minutes"), FieldPanel("round_up_day")],
            "What goes out by itself",
        ),
        FieldPanel("late_hours"),
        FieldPanel("postal_address"),
        FieldPanel("dkim_selector"),
        FieldPanel("counts_clicks"),
    ]

    class Meta:
        verbose_name = "sending letters"

    def __str__(self) -> str:
        return "Sending letters"

    def clean(self) -> None:
        if self.counts_clicks and not privacy_page_mentions("click"):
            raise ValidationError(
                {
                    "counts_clicks": "Your privacy page doesn’t say so yet. Choose that page under "
                    "Settings → Your business, and write there, for example: “I count how often "
                    "the links in my letters are clicked, but not by whom.”"
                }
            )

    @property
    def limits(self) -> dict[timedelta, int]:
        """How many letters may be begun within each span of time."""
        spans = {
            timedelta(seconds=1): self.per_second,
            timedelta(hours=1): self.per_hour,
            timedelta(days=1): self.per_day,
        }
        return {span: most for span, most in spans.items() if most}


def privacy_page_mentions(word: str) -> bool:
    page = BusinessSettings.load().privacy_page
    return bool(page and page.live and word in str(getattr(page.specific, "body", "")).lower())


# A mail server took it, whatever came of it later
TAKEN = Q(status__in=["sent", "returned", "complained"])


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def public(self) -> CampaignQuerySet:
        """Those that stand in the archive, the latest first."""
        gone_out = [Campaign.Status.SENDING, Campaign.Status.PAUSED, Campaign.Status.SENT]
        return self.filter(status__in=gone_out, is_public=True).order_by("-started_at", "-pk")

    def in_use(self) -> CampaignQuerySet:
        """Return those that somebody may still read on the site or get: what was sent to readers
        alone is over."""
        is_over = Q(status=Campaign.Status.SENT, is_public=False)
        return self.exclude(is_over | Q(status=Campaign.Status.STOPPED))


class Campaign(PreviewableMixin, RevisionMixin, ClusterableModel):
    """A letter: what it says, to whom it goes and how far that is."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Planned"
        SENDING = "sending", "Going out"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        STOPPED = "stopped", "Stopped"

    subject = models.CharField(max_length=120)
    preheader = models.CharField(
        "second line",
        max_length=140,
        blank=True,
        help_text="What mail programs show beside the subject.",
    )
    sender_name = models.CharField(
        "from",
        max_length=80,
        blank=True,
        help_text="The name as which it comes. Left empty: your business’s.",
    )
    body = StreamField(
        LetterBlocks(),
        blank=True,
        help_text="{{ first name }} becomes each reader’s own.",
    )
    nameless = models.CharField(
        "where the first name isn’t known",
        max_length=40,
        default="there",
        help_text="Stands in its place: “Hello there”.",
    )
    # Readers of this Subscriber.Rhythm only; letters go to all
    rhythm = models.CharField(max_length=7, default="", editable=False)
    # The post that it tells of: never two letters for one
    post = models.OneToOneField(
        "blog.BlogPostPage",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    # The day whose round-up it is: never two on one
    round_up_on = models.DateField(null=True, unique=True, editable=False)
    topics = ParentalManyToManyField(
        "blog.Category",
        blank=True,
        related_name="+",
        verbose_name="only to readers of",
        help_text="None ticked: to all. Readers who never chose topics get every letter.",
    )
    joined_since = models.DateField(
        "only to those who joined since", null=True, blank=True, help_text="The day included."
    )
    is_public = models.BooleanField(
        "show it on the newsletter’s page once it has gone out", default=True
    )
    slug = models.SlugField(max_length=80, unique=True, editable=False)

    status = models.CharField(
        max_length=10, choices=Status, default=Status.DRAFT, db_index=True, editable=False
    )
    created_at = models.DateTimeField("begun", default=timezone.now, editable=False)
    send_at = models.DateTimeField("planned for", null=True, editable=False)
    started_at = models.DateTimeField("began to go out", null=True, editable=False)
    finished_at = models.DateTimeField("gone out", null=True, editable=False)
    # The letter as it goes out, fixed when that begins; what is personal is filled in later
    html = models.TextField(editable=False, default="")
    text = models.TextField(editable=False, default="")
    # The last subscriber with a Delivery; none is left once `is_filled`
    filled_to = models.BigIntegerField(default=0, editable=False)
    is_filled = models.BooleanField(default=False, editable=False)
    # While the mail server can't be reached: why, and when it is next tried
    trouble = models.CharField(max_length=300, default="", editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    failed_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    panels = [
        FieldPanel("subject"),
        FieldPanel("preheader"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("sender_name"), FieldPanel("nameless"), FieldPanel("is_public")],
            "How it comes",
        ),
        MultiFieldPanel(
            [FieldPanel("topics", widget=CheckboxSelectMultiple), FieldPanel("joined_since")],
            "To whom",
        ),
    ]
    preview_modes = [
        ("mail", "Mail"),
        ("dark", "Mail in the dark"),
        ("text", "Mail as plain text"),
        ("page", "Page of the archive"),
    ]

    class Meta:
        verbose_name = "letter"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes what the editor changes; how far a letter is changes by `update_fields` alone, so
        that an editor that was open meanwhile, or an old revision, takes nothing of it back."""
        if self._state.adding or self.may_be_changed:
            self.slug = self.free_slug()
        if not self._state.adding:
            kwargs.setdefault("update_fields", WRITTEN_FIELDS)
        super().save(*args, **kwargs)

    def free_slug(self) -> str:
        """Gives the subject as an address, with a number where it is taken."""
        words = slugify(self.public_title)[:70].strip("-") or "letter"
        others = Campaign.objects.exclude(pk=self.pk).filter(slug__startswith=words)
        taken = TAKEN_SLUGS | set(others.values_list("slug", flat=True))
        numbered = (f"{words}-{number}" for number in count(2))
        return next(slug for slug in chain([words], numbered) if slug not in taken)

    @property
    def url(self) -> str:
        """Its address in the archive; empty while there is no newsletter page."""
        page = path_of(NewsletterPage)
        return f"{settings.SITE_URL}{page}{self.slug}/" if page else ""

    @property
    def admin_url(self) -> str:
        return reverse("campaigns:inspect", args=[self.pk])

    @property
    def public_title(self) -> str:
        """The subject without anybody's name."""
        title = NAME_BY_THE_WAY.sub("", self.subject)
        return FIRST_NAME.sub(lambda _: self.nameless, title)

    @property
    def may_be_changed(self) -> bool:
        return self.status in {self.Status.DRAFT, self.Status.SCHEDULED}

    @property
    def is_under_way(self) -> bool:
        return self.status in {self.Status.SENDING, self.Status.PAUSED}

    @property
    def is_soon(self) -> bool:
        """Whether it goes out within GRACE, in which it can still be cancelled."""
        return (
            self.status == self.Status.SCHEDULED
            and self.send_at is not None
            and self.held_until is None
            and self.send_at <= timezone.now() + GRACE
        )

    @property
    def is_tested(self) -> bool:
        """Whether a test was sent of what it says now."""
        changed_at = self.latest_revision.created_at if self.latest_revision else self.created_at
        return self.tested_at is not None and self.tested_at >= changed_at

    @property
    def state_text(self) -> str:
        """What has really become of it, in the owner's words."""
        if self.is_soon:
            return "Sending in 1 minute"
        if self.status == self.Status.SCHEDULED and self.send_at:
            return f"Scheduled for {moment(self.send_at)}"
        if self.status == self.Status.SENDING:
            if not settings.MAIL_TRANSPORT:
                return "Waiting – email isn’t connected yet"
            return "Waiting" if self.held_until else "Sending"
        if self.status == self.Status.SENT and not self.deliveries.filter(TAKEN).exists():
            return "Not sent: no mail server took any of it"
        return str(self.Status(self.status).label)

    @property
    def recipient_count(self) -> int:
        """How many it goes to, also while its deliveries are still being made."""
        made = self.deliveries.count()
        return made if self.is_filled else max(made, self.audience.count())

    @property
    def audience(self) -> SubscriberQuerySet:
        """Who would get it now."""
        readers = Subscriber.objects.confirmed()
        if self.rhythm:
            readers = readers.filter(rhythm=self.rhythm)
        if self.joined_since:
            readers = readers.filter(confirmed_at__date__gte=self.joined_since)
        if topics := [topic.pk for topic in self.topics.all()]:
            chose = Subscriber.topics.through.objects.filter(category__in=topics)
            is_theirs = Q(pk__in=chose.values("subscriber")) | Q(has_chosen_topics=False)
            readers = readers.filter(is_theirs)
        return readers

    def counts(self) -> dict[str, int]:
        """How many letters are in each state of a Delivery; absent where there are none."""
        rows = self.deliveries.order_by().values_list("status")
        return dict(rows.annotate(count=models.Count("pk")))

    @property
    def speed(self) -> int:
        """How many letters went out in the last minute."""
        since = timezone.now() - timedelta(minutes=1)
        return self.deliveries.filter(status=Delivery.Status.SENT, taken_at__gt=since).count()

    @property
    def dead_mailboxes(self) -> int:
        """How many of the letters that were refused or came back had no mailbox to go to."""
        lost = self.deliveries.filter(status__in=[Delivery.Status.FAILED, Delivery.Status.RETURNED])
        return lost.filter(subscriber__status=Subscriber.Status.BOUNCED).count()

    @property
    def left_since(self) -> int:
        """How many of its readers unsubscribed within a week of it."""
        if not self.started_at:
            return 0
        week = (self.started_at, self.started_at + timedelta(days=7))
        readers = self.deliveries.filter(subscriber__unsubscribed_at__range=week)
        return readers.filter(taken_at__isnull=False).count()

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        from newsletter.previews import preview

        return preview(self, request, mode_name)


class Delivery(models.Model):
    """One letter to one subscriber.

    It is "sending" from before the mail server is spoken to until its answer is kept. One that
    stays so was broken off: whether it went out is unknown, so it is never sent again by itself.
    """

    names_people = True

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Refused"
        UNSURE = "unsure", "Unsure: broken off while it was being sent"
        LEFT_OUT = "left_out", "Left out: no longer subscribed"
        RETURNED = "returned", "Came back later"
        COMPLAINED = "complained", "Called spam by the reader"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    send_after = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, db_index=True)  # for the provider's limits
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=500, default="")

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "subscriber"], name="one_letter_a_subscriber"
            )
        ]
        indexes = [models.Index(fields=["campaign", "status", "send_after"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.campaign} to {self.subscriber}"

    @property
    def message_id(self) -> str:
        """Names this letter in its mail (RFC 5322, 3.6.4); only its reader and the mail servers
        on the way get to know it, so that nobody else can report that it came back."""
        return f"<letter.{self.pk}.{self.signature}@{settings.SITE_HOST}>"

    @property
    def signature(self) -> str:
        return salted_hmac("newsletter.delivery", str(self.pk), algorithm="sha256").hexdigest()[:32]

    @classmethod
    def named_in(cls, text: str) -> Delivery | None:
        """Gives the delivery whose message_id stands in a text, if one does."""
        for key, signature in MESSAGE_ID.findall(text):
            if constant_time_compare(signature, cls(pk=int(key)).signature):
                return cls.objects.select_related("subscriber").filter(pk=key).first()
        return None


class LetterLink(models.Model):
    """A link in a letter that counts how often it is followed, and nothing else."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    address = models.TextField()
    clicks = models.PositiveIntegerField(default=0)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["-clicks", "pk"]

    def __str__(self) -> str:
        return self.address

    @property
    def url(self) -> str:
        """The address that stands for it in the mail. Nobody without the letter can guess it, as a
        number could be: some letters are not shown on the site."""
        return signed_url("go", self.pk)
