"""Comments under posts, what holds for them, and who follows them."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.safestring import SafeString
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.models import Page

from newsletter.tokens import signed_url
from newsletter.words import as_html, initials
from vasite.content.optimistic_lock import OptimisticLockForm
from vasite.email_addresses import MAX_LENGTH, email_key, normalise_email
from vasite.email_fields import EmailAddressField, EmailKeyField
from vasite.forms.submissions import Label, Submission


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
        OPEN = "open", "Open: readers can comment"
        CLOSED = "closed", "Closed: comments are shown, but no new ones taken"
        OFF = "off", "Off: no comments are shown, not even approved ones"

    state = models.CharField("comments are", max_length=6, choices=State, default=State.OPEN)
    close_after_days = models.PositiveSmallIntegerField(
        "close after days",
        default=0,
        validators=[MaxValueValidator(3650)],
        help_text="Counted from a post’s publication. 0: never.",
    )
    newest_first = models.BooleanField("newest first", default=False)

    base_form_class = OptimisticLockForm
    panels = [FieldPanel("state"), FieldPanel("close_after_days"), FieldPanel("newest_first")]

    class Meta:
        verbose_name = "comments"


class Comment(Submission):
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
    email = EmailAddressField("e-mail")
    email_key = EmailKeyField(db_index=True)
    comment = models.TextField()
    is_author = models.BooleanField("by you", default=False, editable=False)
    original = models.TextField("as it was written", blank=True, editable=False)
    moderated_at = models.DateTimeField(null=True, blank=True, editable=False)
    wants_answers = models.BooleanField("wants to be told of answers", default=False)
    # When those who follow its thread were told of it (newsletter.following)
    followed_up_at = models.DateTimeField(null=True, blank=True, editable=False)

    set_aside_filter = ("status", "spam")
    lessons = {  # a rejected comment may be rude, or late: that says nothing about spam
        Status.APPROVED: Label.HAM,
        Status.WAITING: Label.HAM,
        Status.SPAM: Label.SPAM,
    }
    objects = CommentQuerySet.as_manager()

    class Meta(Submission.Meta):
        abstract = False
        verbose_name = "comment"
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["page", "status", "received_at"]),
            models.Index(fields=["status", "-received_at"], name="comment_of_a_tab"),
            models.Index(
                fields=["status"],
                condition=models.Q(followed_up_at=None),
                name="comment_to_follow_up",
            ),
        ]

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

    def needs_email(self, purpose: str) -> bool:
        """Ask the owner while it waits; tell those who follow its thread while all may read it."""
        if purpose == "reply":
            return self.is_readable
        return purpose != "notice" or self.status == self.Status.WAITING

    @property
    def is_readable(self) -> bool:
        """Whether everybody may read it, and the post above it."""
        from newsletter.threads import discussion_of

        is_public = self.page.live and discussion_of(self.page).is_shown
        return self.status == self.Status.APPROVED and is_public

    @classmethod
    def untold(cls) -> models.QuerySet[Comment]:
        return cls.objects.filter(status=cls.Status.WAITING, told_at=None)

    @property
    def thread_id(self) -> int:
        """The id of the comment that begins its thread."""
        return self.parent_id or self.pk

    @property
    def rule(self) -> str:
        """What the VA said of its author: "trusted", "blocked" or nothing."""
        found = AuthorRule.objects.filter(email_key=email_key(self.email)).first()
        return found.rule if found else ""


class AuthorRule(models.Model):
    """Whose comments are never spam, or are not wanted.

    Anybody can type a trusted author's address, so theirs wait for approval like all others.
    """

    names_people = True

    class Rule(models.TextChoices):
        TRUSTED = "trusted", "Trusted: comments never go to spam"
        BLOCKED = "blocked", "Blocked: comments go to spam"

    email_key = models.CharField("e-mail", max_length=MAX_LENGTH, unique=True)
    rule = models.CharField(max_length=7, choices=Rule)
    made_at = models.DateTimeField("since", default=timezone.now, editable=False)

    base_form_class = OptimisticLockForm

    class Meta:
        verbose_name = "trusted or blocked author"
        verbose_name_plural = "trusted and blocked authors"
        ordering = ["email_key"]

    def __str__(self) -> str:
        return f"{self.email_key}: {self.get_rule_display()}"

    def clean(self) -> None:
        try:
            self.email_key = email_key(normalise_email(self.email_key))
        except ValidationError as error:
            raise ValidationError({"email_key": error}) from None

    @classmethod
    def apply(cls, comment: Comment) -> None:
        """Set a new comment aside, or let it wait for approval, by its author."""
        rule = comment.rule
        if rule == cls.Rule.BLOCKED:
            comment.status = Comment.Status.SPAM
            comment.reasons = ["You blocked its author", *comment.reasons]
        elif rule == cls.Rule.TRUSTED:
            comment.status = Comment.Status.WAITING
            comment.reasons = ["You trust its author", *comment.reasons]


class Follow(models.Model):
    """An address that is told by mail when somebody answers in a thread, once it confirmed."""

    names_people = True

    thread = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="follows")
    email = EmailAddressField("e-mail")
    email_key = EmailKeyField(db_index=True)
    asked_at = models.DateTimeField("asked", default=timezone.now)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    emails = GenericRelation(
        "mail.OutgoingMail",
        content_type_field="about_type",
        object_id_field="about_id",
        related_query_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "email_key"], name="followed_once")
        ]

    def __str__(self) -> str:
        return f"{self.email} follows {self.thread}"

    def needs_email(self, purpose: str) -> bool:
        """Ask to confirm only what has not been confirmed yet, in a thread that is still public."""
        return purpose != "confirm" or (self.confirmed_at is None and self.thread.is_readable)

    @property
    def confirm_url(self) -> str:
        return signed_url("follow", self.pk)

    @property
    def end_url(self) -> str:
        return signed_url("unfollow", self.pk)
