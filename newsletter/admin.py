"""The readers' inboxes in the admin: comments and subscribers."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn

from newsletter.commenting import moderate
from newsletter.models import Comment, Subscriber
from newsletter.subscribing import let_in
from vasite.forms.inboxes import ChangeStateAction, JudgedViewSet
from vasite.forms.spam.deciding import DecidingForm


class CommentViewSet(JudgedViewSet):
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
        Column("verdict", label="Filter", accessor="get_verdict_display"),
        DateColumn("received_at", label="Received"),
    ]
    list_filter = ["status", "verdict"]
    ordering = ["-received_at"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("comment", read_only=True),
                    FieldPanel("name", read_only=True),
                    FieldPanel("email", read_only=True),
                    FieldPanel("page", read_only=True),
                    FieldPanel("received_at", read_only=True),
                    HelpPanel(heading="The spam filter says", template="admin/reasons.html"),
                ],
                "The comment",
            ),
            FieldPanel("status"),
        ],
        base_form_class=DecidingForm,
    )

    def waiting(self) -> Any:
        return Comment.objects.filter(status=Comment.Status.WAITING)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("page")

    @property
    def waiting_url(self) -> str:
        return f"{self.menu_url}?status={Comment.Status.WAITING}"

    @property
    def untold_url(self) -> str:
        return self.waiting_url


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


class LetInAction(ChangeStateAction):
    display_name = "Not spam: ask to confirm"
    action_type = "let_in"
    aria_label = "Send the ticked addresses the mail to confirm"
    changed_words = "asked to confirm"
    models = [Subscriber]

    @classmethod
    def change_state(cls, entries: Any) -> int:
        held = entries.filter(status=Subscriber.Status.HELD)
        for subscriber in held:
            let_in(subscriber)
        return len(held)


class SubscriberViewSet(JudgedViewSet):
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
        "reason_text",
    ]

    def waiting(self) -> Any:
        return Subscriber.objects.filter(status=Subscriber.Status.UNCONFIRMED)
