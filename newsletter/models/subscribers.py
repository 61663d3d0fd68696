"""The page on which readers subscribe, and the addresses that did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path

from newsletter.tokens import signed_url
from vasite.content.models import ContentPage
from vasite.content.pagination import page_asked_for
from vasite.content.visibility import path_of
from vasite.email_fields import EmailAddressField, EmailKeyField
from vasite.forms.submissions import Judged, Label
from vasite.mail.names import first_name_of

ISSUES_A_PAGE = 20
UNREACHED_AFTER = 3  # newsletters in a row
CONFIRM_QUESTION, CONFIRM_BUTTON = "Would you like the newsletter?", "Yes, send it to me"


class NewsletterPage(RoutablePageMixin, ContentPage):
    """The page on which readers subscribe, what the box under posts and at home says, and the
    letters that have gone out."""

    invitation_title = models.CharField(
        "heading of the box", max_length=100, default="Subscribe to my newsletter"
    )
    invitation_text = models.CharField(
        "words in the box",
        max_length=240,
        blank=True,
        help_text="What they get and how often: “One letter a month about …”",
    )

    topics = ParentalManyToManyField(
        "blog.Category",
        blank=True,
        related_name="+",
        verbose_name="topics that readers can choose",
        help_text="Readers then choose of which of them they want letters. None: all get all.",
    )

    query_names = ("page",)
    removal_warning = (
        "This is your newsletter page: while it is away nobody can subscribe, and the newsletters "
        "that readers find there can’t be read online. Your subscribers stay."
    )
    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types: list[str] = []
    template = "newsletter/newsletter.html"
    page_description = "The page on which people subscribe to your newsletter"
    content_panels = [
        *ContentPage.content_panels,
        MultiFieldPanel(
            [FieldPanel("invitation_title"), FieldPanel("invitation_text")],
            "The box to subscribe, here, under each post and at home",
        ),
        FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
    ]

    class Meta:
        verbose_name = "newsletter page"

    @classmethod
    def address(cls) -> str:
        """Return the page's whole address; that of the home page while there is none."""
        return f"{settings.SITE_URL}{path_of(cls) or '/'}"

    @classmethod
    def further_addresses(cls) -> Iterable[tuple[str, datetime]]:
        """Gives the letters that have gone out."""
        from newsletter.models import Campaign

        if not path_of(cls):
            return ()
        letters = Campaign.objects.public()
        return [(letter.url, letter.started_at or letter.created_at) for letter in letters]

    @classmethod
    def last_change_of_listed(cls) -> datetime | None:
        from newsletter.models import Campaign

        if not path_of(cls):
            return None
        letters = Campaign.objects.public().order_by()
        return letters.aggregate(last=models.Max(Coalesce("started_at", "created_at")))["last"]

    @path("")
    def archive(self, request: HttpRequest) -> HttpResponse:
        """The form to subscribe and the letters that have gone out, latest first."""
        from newsletter.models import Campaign

        shown = page_asked_for(request, Campaign.objects.public(), ISSUES_A_PAGE)
        return self.render(request, context_overrides={"issues": shown, "pagination": shown})

    @path("<slug:slug>/")
    def issue(self, request: HttpRequest, slug: str) -> HttpResponse:
        """One letter that has gone out."""
        from newsletter.models import Campaign
        from newsletter.previews import show_issue

        return show_issue(get_object_or_404(Campaign.objects.public(), slug=slug), request)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> SubscriberQuerySet:
        return self.filter(status=Subscriber.Status.CONFIRMED)

    def unreached(self) -> SubscriberQuerySet:
        """Return the confirmed ones whom no newsletter reaches: refused or returned each time, or
        UNREACHED_AFTER times since the last that arrived."""
        from newsletter.models import Delivery

        own = Delivery.objects.filter(subscriber=models.OuterRef("pk")).exclude(taken_at=None)
        arrived = own.filter(status=Delivery.Status.SENT).order_by("-taken_at")
        lost = own.filter(status__in=[Delivery.Status.FAILED, Delivery.Status.RETURNED])
        return (
            self.confirmed()
            .annotate(arrived_at=models.Subquery(arrived.values("taken_at")[:1]))
            .filter(models.Exists(lost))
            .filter(
                models.Q(arrived_at=None)
                | models.Exists(
                    lost.filter(taken_at__gt=models.OuterRef("arrived_at")).order_by("pk")[
                        UNREACHED_AFTER - 1 : UNREACHED_AFTER
                    ]
                )
            )
        )


class Subscriber(Judged):
    """An address that asked for the newsletter, its state, and in `events` how it came to be."""

    class Status(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "Not confirmed yet"
        CONFIRMED = "confirmed", "Confirmed"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Mail came back"
        COMPLAINED = "complained", "Complained of spam"
        BLOCKED = "blocked", "Blocked by you"
        HELD = "held", "Set aside: looks like spam"

    class Rhythm(models.TextChoices):
        EACH = "each", "Each new post, as it comes"
        WEEKLY = "weekly", "A round-up of the week’s posts"
        LETTERS = "letters", "Only letters"

    arrival_field = "subscribed_at"
    set_aside_filter = ("status", "held")

    email = EmailAddressField("e-mail")
    email_key = EmailKeyField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    status = models.CharField(
        max_length=12, choices=Status, default=Status.UNCONFIRMED, db_index=True
    )
    # What comes beside the letters
    rhythm = models.CharField(max_length=7, choices=Rhythm, default=Rhythm.LETTERS)
    # What they chose of NewsletterPage.topics; nobody who never chose misses a letter. Whoever
    # did gets no more when a category that they chose is deleted.
    topics = models.ManyToManyField("blog.Category", blank=True, related_name="+")
    has_chosen_topics = models.BooleanField(default=False, editable=False)
    subscribed_at = models.DateTimeField("asked", default=timezone.now)
    subscribed_from = models.CharField("asked on the page", max_length=300, blank=True)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    unsubscribed_at = models.DateTimeField("unsubscribed", null=True, blank=True)
    last_mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    # States in which an address ended all letters
    GONE = (Status.UNSUBSCRIBED, Status.BLOCKED)
    # and those that no import brings back
    UNREACHABLE = (*GONE, Status.BOUNCED, Status.COMPLAINED)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = "subscriber"
        ordering = ["-subscribed_at", "-pk"]

    def __str__(self) -> str:
        return self.email

    def needs_email(self, purpose: str) -> bool:
        """Ask to confirm only who has not confirmed yet, and say so only to who has."""
        is_confirmed = self.status == self.Status.CONFIRMED
        if purpose == "confirm":
            return not is_confirmed and self.status != self.Status.BLOCKED
        return purpose != "known" or is_confirmed

    @classmethod
    def untold(cls) -> models.QuerySet[Subscriber]:
        return cls.objects.filter(status=cls.Status.HELD, verdict=Label.UNSURE, told_at=None)

    def become(self, status: str, text: str, **event: Any) -> None:
        """Gives the address another state, together with its line in the history."""
        fields: dict[str, Any] = {"status": status}
        if status in {self.Status.CONFIRMED, self.Status.UNSUBSCRIBED}:
            fields[f"{status}_at"] = timezone.now()
        with transaction.atomic():
            for name, value in fields.items():
                setattr(self, name, value)
            self.save(update_fields=list(fields))
            self.events.create(text=text, **event)

    def confirm(self) -> None:
        """Makes the address a confirmed one, from now on."""
        words = f"{CONFIRM_QUESTION}\n[{CONFIRM_BUTTON}]"
        self.become(self.Status.CONFIRMED, "Confirmed by the link of a mail", words=words)

    @property
    def is_gone(self) -> bool:
        return self.status in self.GONE

    def unsubscribe(self) -> None:
        """Ends the subscription; doing it twice is as good as once, and a block stays."""
        if not self.is_gone:
            self.become(self.Status.UNSUBSCRIBED, "Unsubscribed by the link of a mail")

    @property
    def first_name(self) -> str:
        return first_name_of(self.name)

    @property
    def topic_slugs(self) -> list[str]:
        return [topic.slug for topic in self.topics.all()]

    @property
    def unsubscribe_url(self) -> str:
        return signed_url("unsubscribe", self.pk)

    @property
    def preferences_url(self) -> str:
        return signed_url("preferences", self.pk)

    @property
    def confirm_key(self) -> str:
        """What a link to confirm names: the address as it is until it next unsubscribes."""
        ended = self.unsubscribed_at.timestamp() if self.unsubscribed_at else 0
        return f"{self.pk}-{ended:.0f}"

    @property
    def confirm_url(self) -> str:
        return signed_url("confirm", self.confirm_key)

    @classmethod
    def asked_to_confirm(cls, key: str) -> Subscriber | None:
        """Gives the address of a `confirm_key`, unless it unsubscribed since or is blocked."""
        found = cls.objects.exclude(status=cls.Status.BLOCKED).filter(pk=key.partition("-")[0])
        return next((one for one in found if one.confirm_key == key), None)


class SubscriberEvent(models.Model):
    """A line in an address's history: the proof of consent that PECR and the UK GDPR ask for."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    text = models.CharField(max_length=300)
    page = models.CharField(max_length=300, blank=True)
    # What the person read when agreeing.
    words = models.TextField(blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text


class ErasedAddress(models.Model):
    """The keyed hash of an address that was erased: nobody but its owner brings it back."""

    mark = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.mark

    @staticmethod
    def keep(keys: Iterable[str]) -> None:
        """Keeps the hashes of addresses, each given as its `email_key`."""
        marks = [ErasedAddress(mark=erased_mark(key)) for key in keys]
        ErasedAddress.objects.bulk_create(marks, ignore_conflicts=True)

    @classmethod
    def held(cls, keys: Iterable[str]) -> set[str]:
        """Gives those of some `email_key`s that were erased."""
        marks = {erased_mark(key): key for key in keys}
        found = cls.objects.filter(mark__in=marks).values_list("mark", flat=True)
        return {marks[mark] for mark in found}


def erased_mark(key: str) -> str:
    return salted_hmac("newsletter.erased", key, algorithm="sha256").hexdigest()
