"""The enquiries' inbox in the admin."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import DateColumn

from contact.models import Enquiry
from vasite.forms.inboxes import ChangeStateAction, InboxViewSet


class EnquiryViewSet(InboxViewSet):
    model = Enquiry
    admin_url_namespace = "enquiries"
    base_url_path = "enquiries"
    icon = "mail"
    menu_label = "Enquiries"
    menu_order = 200
    waiting_words = ("new enquiry", "new enquiries")
    list_display = ["name", "state", "service", DateColumn("received_at", label="Received")]
    list_filter = ["state", "service"]
    list_export = ["received_at", "state", "name", "email", "phone", "service", "message"]
    ordering = ["-received_at"]
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("message", read_only=True),
                FieldPanel("name", read_only=True),
                FieldPanel("email", read_only=True),
                FieldPanel("phone", read_only=True),
                FieldPanel("service", read_only=True),
                FieldPanel("received_at", read_only=True),
                FieldPanel("came_from", read_only=True),
            ],
            "The message",
        ),
        FieldPanel("state"),
    ]

    def waiting(self) -> Any:
        return Enquiry.objects.filter(state=Enquiry.State.NEW)


class EnquiryAction(ChangeStateAction):
    models = [Enquiry]

    @classmethod
    def change_state(cls, entries: Any) -> int:
        return entries.update(state=cls.state)


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
