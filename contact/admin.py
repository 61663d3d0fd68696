"""The enquiries' desk in the admin: the list, and a page for each to answer it from."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.admin.auth import require_admin_access
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import EditView

from contact.answering import note, reply, settle
from contact.models import Enquiry, EnquiryEvent, SavedReply
from vasite.forms.drafts import close_draft, draft_of, take_reply
from vasite.forms.inboxes import (
    ChangeStateAction,
    JudgedIndexView,
    JudgedViewSet,
    UnchosenViewSet,
)
from vasite.forms.people import known_of
from vasite.forms.spam.deciding import DecidingForm
from vasite.serving.numbers import is_number

MAX_REPLY_LENGTH = 10_000  # characters


class EnquiryForm(DecidingForm):
    """The reply, a private note, the state and the reminder: one form, whose buttons differ.

    "Send reply" sends the reply. Whatever else is pressed keeps it as a draft. A note is stored
    by each of them, and a changed state is an event.
    """

    reply = forms.CharField(
        label="Your reply",
        required=False,
        max_length=MAX_REPLY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Sent as an email with the message quoted below it. Replies to it come to your "
        "own inbox. What you type is kept as a draft until you send it.",
    )
    note = forms.CharField(
        label="Private note",
        required=False,
        max_length=MAX_REPLY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Only people who sign in here can read it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reply", "note"):  # a browser would cut off what is pasted, without a word
            del self.fields[name].widget.attrs["maxlength"]
        draft = draft_of(self.for_user, self.instance)
        self.initial["reply"] = draft.text
        url = reverse("keep_reply_draft", args=[self._meta.model._meta.label_lower, draft.about_id])
        self.fields["reply"].widget.attrs["data-reply-draft"] = url

    @property
    def is_reply(self) -> bool:
        """Whether the button was pressed that sends the reply."""
        return "send" in self.data

    def clean_remind_on(self) -> Any:
        """Refuse a day that is over, unless it stood there before: it must not stop a reply."""
        day = self.cleaned_data["remind_on"]
        if day and "remind_on" in self.changed_data and day < timezone.localdate():
            raise forms.ValidationError(f"{day.day} {day:%B %Y} is over. Choose a later day.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.is_reply and not cleaned.get("reply") and "reply" not in self.errors:
            self.add_error("reply", "Write your reply first.")
        return cleaned

    def save(self, commit: bool = True) -> Enquiry:
        enquiry = super().save(commit=commit)
        if "state" in self.changed_data:
            enquiry.events.create(
                kind=EnquiryEvent.Kind.STATE,
                text=enquiry.get_state_display(),
                user=self.for_user,
            )
        if self.cleaned_data["note"]:
            note(enquiry, self.cleaned_data["note"], self.for_user)
        if self.is_reply:
            self.replied = reply(enquiry, self.cleaned_data["reply"], self.for_user)
            close_draft(self.for_user, enquiry)
        return enquiry


class EnquiryView(EditView):
    """One enquiry with all that is known of it."""

    template_name = "admin/enquiry.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the reply before anything else, then do what the button says."""
        text, key = request.POST.get("reply", ""), request.POST.get("insert", "")
        if is_number(key):
            saved = SavedReply.objects.filter(pk=key).first()
            if saved:
                parts = [text.rstrip(), self.object.address_by_name(saved.text)]
                text = "\n\n".join(filter(None, parts))
            else:
                messages.warning(request, "That saved reply has been deleted. Nothing was added.")
        may_act = take_reply(request, self.object, text, is_final=self.is_final)
        if is_number(key) or not may_act:
            data = request.POST.copy()
            data["reply"] = draft_of(request.user, self.object).text
            self.form = self.get_form_class()(**self.get_form_kwargs() | {"data": data})
            return self.render_to_response(self.get_context_data(form=self.form))
        if "discard" in request.POST:
            close_draft(request.user, self.object)
            return redirect(self.get_success_url())
        return super().post(request, *args, **kwargs)

    @property
    def is_final(self) -> bool:
        """Whether the button was pressed that sends the reply, or the one that deletes it."""
        return not {"send", "discard"}.isdisjoint(self.request.POST)

    def get_success_url(self) -> str:
        """Stay with the enquiry; "#done" tells the browser that it need keep no draft."""
        url = reverse("enquiries:edit", args=[self.object.pk])
        return f"{url}#done" if self.is_final else url

    def get_success_buttons(self) -> list[Any]:
        return []

    def get_success_message(self) -> str:
        if self.form.is_reply:
            if self.form.replied is None:
                return "You sent this reply a moment ago. It was not sent again."
            return f"Your reply to {self.object.name}: {self.form.replied.mail.state_text}."
        if draft_of(self.request.user, self.object).text:
            return "Saved. Your reply is kept as a draft: it has not been sent."
        return "Saved."

    def get_error_message(self) -> str:
        return "Nothing was sent. Your reply is kept as a draft."

    def get_side_panels(self) -> MediaContainer:
        return MediaContainer()  # nothing is drafted, scheduled or used elsewhere

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        files = self.object.files.defer("content").annotate(size=Length("content"))
        asked_for_files = {file.question for file in files}
        own_url = reverse("enquiries:edit", args=[self.object.pk])
        known = known_of(self.object.email)
        return super().get_context_data(**kwargs) | {
            "enquiry": self.object,
            "events": self.object.events.select_related("user", "mail"),
            "files": files,
            "answers": [
                entry for entry in self.object.answers if entry["question"] not in asked_for_files
            ],
            "known": [
                entry for entry in known if entry.admin_url != own_url and entry.kind != "Mail"
            ],
            "emails": [entry for entry in known if entry.kind == "Mail"],
            "draft": draft_of(self.request.user, self.object),
            "saved_replies": [
                {
                    "pk": saved.pk,
                    "title": saved.title,
                    "text": self.object.address_by_name(saved.text),
                }
                for saved in SavedReply.objects.all()
            ],
            "saved_replies_url": reverse(SavedReply.snippet_viewset.get_url_name("list")),
        }


def as_local_text(value: datetime) -> str:
    """Return a date and time as a British spreadsheet shows and sorts it."""
    return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"


def as_local_time(value: datetime) -> datetime:
    """Return a date and time as Excel takes it: the local one, with no time zone."""
    return timezone.make_naive(value)


class EnquiryIndexView(JudgedIndexView):
    """The list of enquiries, whose CSV and Excel files are read by people."""

    custom_value_preprocess = JudgedIndexView.custom_value_preprocess | {
        datetime: {"csv": as_local_text, "xlsx": as_local_time}
    }


class EnquiryViewSet(JudgedViewSet):
    model = Enquiry
    index_view_class = EnquiryIndexView
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
    search_fields = ["name", "email_key", "message"]
    list_export = [
        *("received_at", "get_state_display", "name", "email", "phone", "service", "message"),
        *("answer_text", "reply_text", "came_from", "get_verdict_display"),
    ]
    export_headings = {
        "received_at": "Received",
        "get_state_display": "State",
        "email": "Email address",
        "phone": "Telephone",
        "answer_text": "Answers to your own questions",
        "reply_text": "Your replies",
        "came_from": "Sent from the page",
        "get_verdict_display": "Spam check",
    }
    export_filename = "enquiries"
    ordering = ["-received_at"]
    edit_handler = ObjectList(
        [
            FieldPanel("reply"),
            FieldPanel("note"),
            FieldRowPanel([FieldPanel("state"), FieldPanel("remind_on")]),
        ],
        base_form_class=EnquiryForm,
    )

    def waiting(self) -> Any:
        return Enquiry.objects.filter(state=Enquiry.State.NEW)

    def get_queryset(self, request: HttpRequest) -> Any:
        enquiries = super().get_queryset(request).select_related("service")
        return enquiries.prefetch_related("events") if "export" in request.GET else enquiries

    @property
    def untold_url(self) -> str:
        return f"{self.menu_url}?state={Enquiry.State.NEW}"

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<number:pk>/file/<number:file>/", require_admin_access(send_file), name="file"),
        ]


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


class SavedReplyViewSet(UnchosenViewSet):
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
