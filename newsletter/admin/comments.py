"""The comments in the admin, and the authors that are trusted or blocked."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import DateColumn
from wagtail.permission_policies import ModelPermissionPolicy

from newsletter.forms import AnswerForm
from newsletter.models import AuthorRule, Comment
from newsletter.moderation import answer, moderate, set_rule
from newsletter.tasks import follow_up
from vasite.forms.drafts import close_draft, take_reply
from vasite.forms.inboxes import (
    AddressSearchView,
    Cell,
    ChangeStateAction,
    JudgedViewSet,
    UnchosenViewSet,
)
from vasite.forms.models import ReplyDraft
from vasite.forms.spam.deciding import DecidingForm
from vasite.serving.numbers import is_number
from vasite.serving.queue import enqueue_once

UNDO_SECONDS = 3600
UNDO_SALT = "comments:undo"
RULE_WORDS = {
    "": "The author is neither trusted nor blocked any more.",
    "trusted": "From now on this author’s comments never go to spam. They still wait for you.",
    "blocked": "From now on this author’s comments go to spam.",
}


class CommentEditForm(DecidingForm):
    """Keeps a comment as it was written once the VA changes it."""

    def save(self, commit: bool = True) -> Any:
        comment = self.instance
        if "comment" in self.changed_data and not comment.original:
            comment.original = self.initial["comment"]
        if "status" in self.changed_data:
            comment.moderated_at = timezone.now()
        comment = super().save(commit=commit)
        if comment.status == Comment.Status.APPROVED:
            enqueue_once(follow_up)
        return comment


class CommentViewSet(JudgedViewSet):
    model = Comment
    admin_url_namespace = "comments"
    base_url_path = "comments"
    icon = "comment"
    menu_label = "Comments"
    menu_order = 210
    waiting_words = ("comment waits for you", "comments wait for you")
    default_state = Comment.Status.WAITING
    list_display = [
        Cell("comment", label="Comment", template_name="admin/comment_cell.html"),
        DateColumn("received_at", label="Received"),
    ]
    list_filter = ["verdict", "received_at"]
    search_fields = ["name", "email_key", "comment"]
    list_export = ["received_at", "status", "name", "email", "comment", "page.title", "parent_id"]
    export_headings = {"page.title": "Post", "parent_id": "Reply to"}
    export_filename = "comments"
    ordering = ["-received_at"]
    edit_handler = ObjectList(
        [
            FieldPanel("comment"),
            HelpPanel(heading="About it", template="admin/comment_facts.html"),
            FieldPanel("status"),
        ],
        base_form_class=CommentEditForm,
    )

    def waiting(self) -> Any:
        return Comment.objects.filter(status=Comment.Status.WAITING)

    def get_queryset(self, request: Any) -> Any:
        key = request.GET.get("comment", "")
        if is_number(key):  # one comment, whatever its state
            comments = Comment.objects.filter(pk=key)
        else:
            comments = super().get_queryset(request)
        mine = ReplyDraft.objects.filter(user=request.user)
        drafts = Prefetch("reply_drafts", queryset=mine, to_attr="my_drafts")
        return comments.prefetch_related("page", "parent", drafts)

    def reply_url(self, pk: int) -> str:
        """Return where the reply to a comment is written."""
        return f"{self.menu_url}?comment={pk}"

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<number:pk>/decide/", require_admin_access(decide_on_comment), name="decide"),
            path("undo/", require_admin_access(undo), name="undo"),
        ]


@require_POST
def decide_on_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a button of the list: a status, a rule for the author, or a reply.

    A reply that was typed is kept as a draft, whichever other button was pressed.
    """
    comment = get_object_or_404(Comment, pk=pk)
    viewset: CommentViewSet = Comment.snippet_viewset
    if not ModelPermissionPolicy(Comment).user_has_permission(request.user, "change"):
        raise PermissionDenied
    text, is_final = request.POST.get("answer", ""), "do" in request.POST
    if not take_reply(request, comment, text, is_final=is_final):
        return redirect_back(request)
    if is_final:
        form = AnswerForm(request.POST)
        if not form.is_valid():
            messages.error(request, form.errors["answer"][0])
            return redirect_back(request)
        answer(comment, form.cleaned_data["answer"])
        close_draft(request.user, comment)
        messages.success(request, "Your reply is public, and so is the comment.")
        return redirect(redirect_back(request).url + "#done")
    elif request.POST.get("rule") in {"", *AuthorRule.Rule.values}:
        set_rule(comment, request.POST["rule"])
        messages.success(request, RULE_WORDS[request.POST["rule"]])
    elif request.POST.get("status") in Comment.Status.values:
        status = request.POST["status"]
        moderate(Comment.objects.filter(pk=pk), status)
        label = Comment.Status(status).label
        words = f"Comment by {comment.name}: {label.lower()}."
        offer_undo(request, words, status, {pk: comment.status})
    if request.POST.get("answer", "").strip():
        where = format_html('<a href="{}">Go on with it</a>', viewset.reply_url(pk))
        words = "Your reply to {} is kept as a draft: it is not public. {}"
        messages.warning(request, format_html(words, comment.name, where))
    return redirect_back(request)


def offer_undo(request: HttpRequest, words: str, given: str, earlier: dict[int, str]) -> None:
    """Say what was done, with a button that gives comments the status that they had.

    `given` is the status that they were given now.
    """
    earlier = {pk: status for pk, status in earlier.items() if status != given}
    button = format_html(
        '<form class="undo" method="post" action="{}"><input type="hidden" name='
        '"csrfmiddlewaretoken" value="{}"><input type="hidden" name="earlier" value="{}">'
        '<button class="button button-small button-secondary" data-key="u">Undo</button></form>',
        reverse("comments:undo"),
        get_token(request),
        signing.dumps([given, earlier], salt=UNDO_SALT),
    )
    messages.success(request, format_html("{} {}", words, button))


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Give comments back the status that they had before, unless it was changed once more since."""
    if not ModelPermissionPolicy(Comment).user_has_permission(request.user, "change"):
        raise PermissionDenied
    try:
        given, earlier = signing.loads(
            request.POST.get("earlier", ""), salt=UNDO_SALT, max_age=UNDO_SECONDS
        )
    except signing.BadSignature:
        messages.error(request, "That is too long ago to be undone from here.")
        return redirect_back(request)
    undone = 0
    for status in Comment.Status.values:
        keys = [key for key, value in earlier.items() if value == status]
        undone += moderate(Comment.objects.filter(pk__in=keys, status=given), status)
    if undone == len(earlier):
        messages.success(request, "Undone.")
    else:
        left = len(earlier) - undone
        whose = "It" if len(earlier) == 1 else f"{left} of them"
        verb = "was" if left == 1 else "were"
        words = f"{whose} {verb} changed or deleted since, so nothing was undone there."
        messages.warning(request, words)
    return redirect_back(request)


def redirect_back(request: HttpRequest) -> HttpResponse:
    """Leads back to the list as it was, with its tab, search and page."""
    back = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if here else reverse("comments:list"))


class CommentAction(ChangeStateAction):
    models = [Comment]

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> None:
        earlier = {comment.pk: comment.status for comment in self.actionable_objects}
        names = [comment.name for comment in self.actionable_objects]
        whose = f"Comment by {names[0]}" if len(names) == 1 else f"{num_parent_objects} comments"
        offer_undo(self.request, f"{whose} {self.changed_words}.", self.state, earlier)

    @classmethod
    def change_state(cls, entries: Any, user: Any) -> int:
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


class AuthorRuleViewSet(UnchosenViewSet):
    model = AuthorRule
    icon = "user"
    add_to_settings_menu = True
    menu_label = "Trusted and blocked"
    list_display = ["email_key", "rule", DateColumn("made_at", label="Since")]
    list_filter = ["rule"]
    search_fields = ["email_key"]
    index_view_class = AddressSearchView
    panels = [FieldPanel("email_key"), FieldPanel("rule")]
