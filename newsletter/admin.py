"""The readers' inboxes in the admin: comments and subscribers."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn

from newsletter.commenting import moderate
from newsletter.models import Comment, Subscriber
from vasite.forms.inboxes import ChangeStateAction, InboxViewSet


class CommentViewSet(InboxViewSet):
    model = Comment
    admin_url_namespace = "comments"
    base_url_path = "comments"
    icon = "comment"
    menu_label = "Comments"
    menu_order = 210
    waiting_words = ("comment waits for you", "comments wait for you")
    list_display = [
        "name",
        Column("comment", label="Comment", accessor=lambda comment: comment.excerpt),
        Column("page", label="Post", accessor=lambda comment: comment.page.title),
        "status",
        DateColumn("received_at", label="Received"),
    ]
    list_filter = ["status"]
    ordering = ["-received_at"]
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("comment", read_only=True),
                FieldPanel("name", read_only=True),
                FieldPanel("email", read_only=True),
                FieldPanel("page", read_only=True),
                FieldPanel("received_at", read_only=True),
            ],
            "The comment",
        ),
        FieldPanel("status"),
    ]

    def waiting(self) -> Any:
        return Comment.objects.filter(status=Comment.Status.WAITING)

    def get_queryset(self, request: Any) -> Any:
        return Comment.objects.select_related("page")

    @property
    def waiting_url(self) -> str:
        return f"{self.menu_url}?status={Comment.Status.WAITING}"


class CommentAction(ChangeStateAction):
    models = [Comment]

    @classmethod
    def change_state(cls, entries: Any) -> int:
        return moderate(entries, cls.state)


class ApproveAction(CommentAction):
    display_name = "Approve"
    action_type = "approve"
    aria_label = "Approve the ticked comments"
    action_priority = 10
    state = Comment.Status.APPROVED
    changed_words = "approved: public from now on"


class RejectAction(CommentAction):
    display_name = "Reject"
    action_type = "reject"
    aria_label = "Reject the ticked comments"
    action_priority = 20
    state = Comment.Status.REJECTED
    changed_words = "rejected"


class MarkSpamCommentAction(CommentAction):
    display_name = "Mark as spam"
    action_type = "mark_comment_spam"
    aria_label = "Mark the ticked comments as spam"
    action_priority = 25
    state = Comment.Status.SPAM
    changed_words = "marked as spam"


class SubscriberViewSet(InboxViewSet):
    model = Subscriber
    admin_url_namespace = "subscribers"
    base_url_path = "subscribers"
    icon = "group"
    menu_label = "Subscribers"
    menu_order = 220
    waiting_words = ("subscriber has not confirmed yet", "subscribers have not confirmed yet")
    forbidden_actions = ("change",)
    inspect_view_enabled = True
    list_display = [
        "email",
        "status",
        DateColumn("subscribed_at", label="Asked"),
        DateColumn("confirmed_at", label="Confirmed"),
    ]
    list_filter = ["status"]
    list_export = ["email", "status", "subscribed_at", "confirmed_at", "unsubscribed_at"]
    ordering = ["-subscribed_at"]
    inspect_view_fields = [
        "email",
        "status",
        "subscribed_at",
        "subscribed_from",
        "confirmed_at",
        "unsubscribed_at",
    ]

    def waiting(self) -> Any:
        return Subscriber.objects.filter(status=Subscriber.Status.UNCONFIRMED)
