"""The page on which readers subscribe, and the addresses that did."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from newsletter.tokens import signed_url
from vasite.content.models import ContentPage
from vasite.forms.submissions import Judged, Label


class NewsletterPage(ContentPage):
    """The page on which readers subscribe, and what the box under posts and at home says."""

    invitation_title = models.CharField(
        "heading of the box", max_length=100, default="Subscribe to my newsletter"
    )
    invitation_text = models.CharField(
        "words in the box",
        max_length=240,
        blank=True,
        help_text="What they get and how often: “One letter a month about …”",
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
    ]

    class Meta:
        verbose_name = "newsletter page"


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> SubscriberQuerySet:
        return self.filter(status=Subscriber.Status.CONFIRMED)


class Subscriber(Judged):
    """An address that asked for the newsletter."""

    class Status(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "Not confirmed yet"
        CONFIRMED = "confirmed", "Confirmed"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        HELD = "held", "Set aside: looks like spam"

    arrival_field = "subscribed_at"
    set_aside_filter = ("status", "held")

    email = models.EmailField("e-mail")
    # The address in lower case: what makes two spellings the same person.
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    status = models.CharField(
        max_length=12, choices=Status, default=Status.UNCONFIRMED, db_index=True
    )
    subscribed_at = models.DateTimeField("asked", default=timezone.now)
    subscribed_from = models.CharField("asked on the page", max_length=300, blank=True)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    unsubscribed_at = models.DateTimeField("unsubscribed", null=True, blank=True)
    last_mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = "subscriber"
        ordering = ["-subscribed_at", "-pk"]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email_key = email_key(self.email)

    @classmethod
    def untold(cls) -> models.QuerySet[Subscriber]:
        return cls.objects.filter(status=cls.Status.HELD, verdict=Label.UNSURE, told_at=None)

    def confirm(self) -> None:
        """Makes the address a confirmed one, from now on."""
        self.status = self.Status.CONFIRMED
        self.confirmed_at = timezone.now()
        self.save(update_fields=["status", "confirmed_at"])

    def unsubscribe(self) -> None:
        """Ends the subscription; doing it twice is as good as once."""
        if self.status != self.Status.UNSUBSCRIBED:
            self.status = self.Status.UNSUBSCRIBED
            self.unsubscribed_at = timezone.now()
            self.save(update_fields=["status", "unsubscribed_at"])

    @property
    def unsubscribe_url(self) -> str:
        return signed_url("unsubscribe", self.pk)

    @property
    def confirm_url(self) -> str:
        return signed_url("confirm", self.pk)


def email_key(email: str) -> str:
    """Gives the form in which two addresses are compared."""
    return email.strip().lower()
