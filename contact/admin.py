"""The enquiries' desk in the admin: the list, and a page for each to answer it from."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import EditView, SnippetViewSet

from contact.answering import note, reply, settle
from contact.models import Enquiry, EnquiryEvent, SavedReply
from vasite.forms.inboxes import ChangeStateAction, JudgedViewSet
from vasite.forms.people import known_of
from vasite.forms.spam.deciding import DecidingForm


class EnquiryForm(DecidingForm):
    """State and reminder; a changed state is an event."""

    def save(self, commit: bool = True) -> Enquiry:
        enquiry = super().save(commit=commit)
        if "state" in self.changed_data:
            enquiry.events.create(
                kind=EnquiryEvent.Kind.STATE,
                text=enquiry.get_state_display(),
                user=self.for_user,
            )
        return enquiry


class ReplyForm(forms.Form):
    """What the VA writes to the person, or, with the other button, for herself."""

    text = forms.CharField(
        label="Your answer or note",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Write something first."},
    )


class EnquiryView(EditView):
    """One enquiry with all that is known of it."""

    template_name = "admin/enquiry.html"

    def get_side_panels(self) -> MediaContainer:
        return MediaContainer()  # nothing is drafted, scheduled or used elsewhere

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = self.request.GET.get("reply", "")
        saved = SavedReply.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        files = self.object.files.defer("content").annotate(size=Length("content"))
        asked_for_files = {file.question for file in files}
        own_url = reverse("enquiries:edit", args=[self.object.pk])
        return super().get_context_data(**kwargs) | {
            "enquiry": self.object,
            "events": self.object.events.select_related("user"),
            "files": files,
            "answers": [
                entry for entry in self.object.answers if entry["question"] not in asked_for_files
            ],
            "known": [
                entry
                for entry in known_of(self.object.email)
                if entry.admin_url != own_url and entry.kind != "Mail"
            ],
            "reply_form": ReplyForm(
                initial={"text": self.object.address_by_name(saved.text) if saved else ""}
            ),
            "saved_replies": SavedReply.objects.all(),
        }


class EnquiryViewSet(JudgedViewSet):
    model = Enquiry
    admin_url_namespace = "enquiries"
    base_url_path = "enquiries"
    icon = "mail"
    menu_label = "Enquiries"
    menu_order = 200
    waiting_words = ("new enquiry", "new enquiries")
    edit_view_class = EnquiryView
    edit_template_name = EnquiryView.template_name
    list_display = [
        "name",
        Column("message", label="Message", accessor="excerpt"),
        Column("state", accessor="get_state_display"),
        "service",
        Column("verdict", label="Filter", accessor="get_verdict_display"),
        DateColumn("received_at", label="Received", sort_key="received_at"),
    ]
    list_filter = ["service", "verdict", "received_at"]
    search_fields = ["name", "email", "message"]
    list_export = [
        *("received_at", "state", "name", "email", "phone", "service", "message", "answer_text"),
        *("came_from", "verdict"),
    ]
    export_filename = "enquiries"
    ordering = ["-received_at"]
    edit_handler = ObjectList(
        [FieldRowPanel([FieldPanel("state"), FieldPanel("remind_on")])],
        base_form_class=EnquiryForm,
    )

    def waiting(self) -> Any:
        return Enquiry.objects.filter(state=Enquiry.State.NEW)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("service")

    @property
    def untold_url(self) -> str:
        return f"{self.menu_url}?state={Enquiry.State.NEW}"

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/write/", require_admin_access(write), name="write"),
            path("<int:pk>/file/<int:file>/", require_admin_access(send_file), name="file"),
        ]


@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends an answer or keeps a note, by the button that was pressed."""
    enquiry = get_object_or_404(allowed_enquiries(request, "change"), pk=pk)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.errors["text"][0])
    elif "note" in request.POST:
        note(enquiry, form.cleaned_data["text"], request.user)
        messages.success(request, "The note is kept. Nobody else sees it.")
    else:
        reply(enquiry, form.cleaned_data["text"], request.user)
        messages.success(request, f"Your answer to {enquiry.name} is in the outbox.")
    return redirect("enquiries:edit", pk)


@require_safe
def send_file(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Gives a file of an enquiry as a download, which no browser opens as a page of ours."""
    enquiry = get_object_or_404(allowed_enquiries(request, "view"), pk=pk)
    sent = get_object_or_404(enquiry.files, pk=file)
    return FileResponse(
        io.BytesIO(sent.content),
        as_attachment=True,
        filename=sent.name,
        content_type="application/octet-stream",
        headers={"Content-Security-Policy": "sandbox"},
    )


def allowed_enquiries(request: HttpRequest, action: str) -> QuerySet[Enquiry]:
    """Gives the enquiries with which the user may do this: all or none."""
    allowed = ModelPermissionPolicy(Enquiry).user_has_permission(request.user, action)
    return Enquiry.objects.all() if allowed else Enquiry.objects.none()


class SavedReplyViewSet(SnippetViewSet):
    model = SavedReply
    icon = "openquote"
    add_to_settings_menu = True
    menu_label = "Saved replies"
    panels = [FieldPanel("title"), FieldPanel("text")]


class EnquiryAction(ChangeStateAction):
    models = [Enquiry]

    @classmethod
    def change_state(cls, entries: Any, user: Any) -> int:
        return settle(entries, cls.state, user)


class MarkAnsweredAction(EnquiryAction):
    display_name = "Mark as answered"
    action_type = "mark_answered"
    aria_label = "Mark the ticked enquiries as answered"
    state = Enquiry.State.ANSWERED
    changed_words = "marked as answered"


class MarkWonAction(EnquiryAction):
    display_name = "Won"
    action_type = "mark_won"
    aria_label = "Mark the ticked enquiries as won"
    state = Enquiry.State.WON
    changed_words = "marked as won"


class MarkLostAction(EnquiryAction):
    display_name = "Lost"
    action_type = "mark_lost"
    aria_label = "Mark the ticked enquiries as lost"
    state = Enquiry.State.LOST
    changed_words = "marked as lost"


class MarkSpamEnquiryAction(EnquiryAction):
    display_name = "Mark as spam"
    action_type = "mark_spam"
    aria_label = "Mark the ticked enquiries as spam"
    state = Enquiry.State.SPAM
    changed_words = "marked as spam"


class TakeBackEnquiryAction(EnquiryAction):
    display_name = "Not spam: take back"
    action_type = "take_back"
    aria_label = "Take the ticked enquiries back from spam"
    state = Enquiry.State.NEW
    changed_words = "taken back: new again"
