"""The enquiries' inbox in the admin."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn

from contact.models import Enquiry
from vasite.forms.inboxes import ChangeStateAction, JudgedViewSet
from vasite.forms.spam.deciding import DecidingForm, decide


class EnquiryViewSet(JudgedViewSet):
    model = Enquiry
    admin_url_namespace = "enquiries"
    base_url_path = "enquiries"
    icon = "mail"
    menu_label = "Enquiries"
    menu_order = 200
    waiting_words = ("new enquiry", "new enquiries")
    list_display = [
        "name",
        Column("message", label="Message", accessor=lambda enquiry: enquiry.excerpt),
        "state",
        "service",
        Column("verdict", label="Filter", accessor="get_verdict_display"),
        DateColumn("received_at", label="Received"),
    ]
    list_filter = ["service", "verdict", "received_at"]
    list_export = ["received_at", "state", "name", "email", "phone", "service", "message"]
    ordering = ["-received_at"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("message", read_only=True),
                    FieldPanel("name", read_only=True),
                    FieldPanel("email", read_only=True),
                    FieldPanel("phone", read_only=True),
                    FieldPanel("service", read_only=True),
                    FieldPanel("received_at", read_only=True),
                    FieldPanel("came_from", read_only=True),
                    HelpPanel(heading="The spam filter says", template="admin/reasons.html"),
                ],
                "The message",
            ),
            FieldPanel("state"),
        ],
        base_form_class=DecidingForm,
    )

    def waiting(self) -> Any:
        return Enquiry.objects.filter(state=Enquiry.State.NEW)

    @property
    def untold_url(self) -> str:
        return f"{self.menu_url}?state={Enquiry.State.NEW}"


class EnquiryAction(ChangeStateAction):
    models = [Enquiry]

    @classmethod
    def change_state(cls, entries: Any) -> int:
        return decide(entries, cls.state)


class MarkAnsweredAction(EnquiryAction):
    display_name = "Mark as answered"
    action_type = "mark_answered"
    aria_label = "Mark the ticked enquiries as answered"
    state = Enquiry.State.ANSWERED
    changed_words = "marked as answered"


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
