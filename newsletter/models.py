"""The readers: subscribers, and comments under posts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Page
from wagtail.search import index

from newsletter.tokens import make_token
from newsletter.words import as_html, initials
from vasite.content.models import ContentPage
from vasite.forms.submissions import Judged, Label, Submission


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


class Subscriber(index.Indexed, Judged):
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
    search_fields = [index.AutocompleteField("email"), index.FilterField("status")]

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
        path = reverse("newsletter:unsubscribe", args=[make_token("unsubscribe", self.pk)])
        return f"{settings.SITE_URL}{path}"

    @property
    def confirm_url(self) -> str:
        path = reverse("newsletter:confirm", args=[make_token("confirm", self.pk)])
        return f"{settings.SITE_URL}{path}"


def email_key(email: str) -> str:
    """Gives the form in which two addresses are compared."""
    return email.strip().lower()


class CommentQuerySet(models.QuerySet["Comment"]):
    def public(self) -> CommentQuerySet:
        return self.filter(status=Comment.Status.APPROVED)

    def for_page(self, page: Page) -> CommentQuerySet:
        """The comments of a page, oldest first."""
        return self.filter(page_id=page.pk).order_by("received_at", "pk")

    def count_threads(self) -> tuple[int, int]:
        """Gives how many these are, and how many of them answer no other."""
        counts = self.aggregate(
            total=models.Count("pk"), begun=models.Count("pk", filter=models.Q(parent=None))
        )
        return counts["total"], counts["begun"]


@register_setting(icon="comment")
class CommentSettings(BaseGenericSetting):
    """What holds for comments on the whole site; a post may say otherwise."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed: shown, but no new ones"
        OFF = "off", "Off: not shown"

    state = models.CharField("comments are", max_length=6, choices=State, default=State.OPEN)
    close_after_days = models.PositiveSmallIntegerField(
        "close after days",
        default=0,
        help_text="Counted from a post’s publication. 0: never.",
    )
    newest_first = models.BooleanField("newest first", default=False)

    panels = [FieldPanel("state"), FieldPanel("close_after_days"), FieldPanel("newest_first")]

    class Meta:
        verbose_name = "comments"


class Comment(Submission, index.Indexed):
    """What a reader wrote under a post. Nobody but the VA sees it before she approved it."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Removed"
        SPAM = "spam", "Spam"

    page = models.ForeignKey(
        "blog.BlogPostPage", on_delete=models.CASCADE, related_name="comments", verbose_name="post"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="answers"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING, db_index=True)
    name = models.CharField(max_length=80)
    email = models.EmailField("e-mail")
    comment = models.TextField()
    is_author = models.BooleanField("by you", default=False, editable=False)
    original = models.TextField("as it was written", blank=True, editable=False)
    moderated_at = models.DateTimeField(null=True, blank=True, editable=False)

    set_aside_filter = ("status", "spam")
    lessons = {  # a rejected comment may be rude, or late: that says nothing about spam
        Status.APPROVED: Label.HAM,
        Status.WAITING: Label.HAM,
        Status.SPAM: Label.SPAM,
    }
    objects = CommentQuerySet.as_manager()
    search_fields = [
        index.SearchField("comment"),
        index.SearchField("name"),
        index.SearchField("email"),
        index.AutocompleteField("name"),
        index.AutocompleteField("email"),
        index.AutocompleteField("comment"),
        index.FilterField("status"),
    ]

    class Meta(Submission.Meta):
        abstract = False
        verbose_name = "comment"
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["page", "status", "received_at"])]

    def __str__(self) -> str:
        return f"{self.name} on “{self.page.title}”"

    @property
    def html(self) -> SafeString:
        return as_html(self.comment)

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def words(self) -> str:
        return self.comment

    @classmethod
    def untold(cls) -> models.QuerySet[Comment]:
        return cls.objects.filter(status=cls.Status.WAITING, told_at=None)

    @property
    def rule(self) -> str:
        """What the VA said of its author: "trusted", "blocked" or nothing."""
        found = AuthorRule.objects.filter(email_key=email_key(self.email)).first()
        return found.rule if found else ""


class AuthorRule(models.Model):
    """Whose comments need no reading, or are not wanted."""

    class Rule(models.TextChoices):
        TRUSTED = "trusted", "Trusted: comments appear at once"
        BLOCKED = "blocked", "Blocked: comments go to spam"

    email_key = models.CharField("e-mail", max_length=254, unique=True)
    rule = models.CharField(max_length=7, choices=Rule)
    made_at = models.DateTimeField("since", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "trusted or blocked author"
        verbose_name_plural = "trusted and blocked authors"
        ordering = ["email_key"]

    def __str__(self) -> str:
        return f"{self.email_key}: {self.get_rule_display()}"

    def clean(self) -> None:
        self.email_key = email_key(self.email_key)

    @classmethod
    def apply(cls, comment: Comment) -> None:
        """Decides on a new comment by its author. A trusted one's is read all the same when the
        filter finds it odd: anybody can write down a stranger's address."""
        rule = comment.rule
        if rule == cls.Rule.BLOCKED:
            comment.status = Comment.Status.SPAM
            comment.reasons = ["You blocked its author", *comment.reasons]
        elif rule == cls.Rule.TRUSTED and comment.verdict == Label.HAM:
            comment.status = Comment.Status.APPROVED
            comment.reasons = ["You trust its author", *comment.reasons]
