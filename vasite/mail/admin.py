"""The outbox in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import InspectView

from vasite.forms.inboxes import ChangeStateAction, InboxViewSet, Waiting
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due
from vasite.serving.middleware import MAIL_POLICY
from vasite.serving.queue import enqueue_once

Status = OutgoingMail.Status
SENDABLE = {Status.UNSURE, Status.FAILED, Status.HELD, Status.OVERDUE}
CANCELLED_BY_YOU = "You cancelled it"
WAIT_WORDS = {
    Status.OVERDUE: "held in the outbox because they waited for too long: send them or not?",
    Status.HELD: "held in the outbox because too many were asked for within an hour",
    Status.FAILED: "refused by the mail server",
    Status.UNSURE: "broken off while they were being sent: perhaps they arrived",
}


class ReadMailView(InspectView):
    template_name = "admin/read_mail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        status = self.object.status
        return super().get_context_data(**kwargs) | {
            "mail": self.object,
            "can_be_sent": status in SENDABLE,
            "can_be_cancelled": status not in {Status.SENT, Status.SENDING, Status.CANCELLED},
            "has_server": bool(settings.MAIL_TRANSPORT),
        }


class OutboxViewSet(InboxViewSet):
    model = OutgoingMail
    admin_url_namespace = "outbox"
    base_url_path = "outbox"
    icon = "upload"
    menu_label = "Outbox"
    menu_order = 230
    waiting_words = ("email not sent yet", "emails not sent yet")
    forbidden_actions = ("add", "change")
    inspect_view_enabled = True
    inspect_view_class = ReadMailView
    list_display = [
        "subject",
        Column("recipient_line", label="To"),
        Column("status", label="State", accessor="state_text", sort_key="status"),
        DateColumn("created_at", label="Written"),
    ]
    list_filter = ["status"]
    ordering = ["-created_at"]

    def waiting(self) -> Any:
        return OutgoingMail.objects.open()

    def extra_waiting(self) -> Iterable[Waiting]:
        """Point out the emails about which the owner is asked, and those that were refused."""
        for status, words in WAIT_WORDS.items():
            count = OutgoingMail.objects.filter(status=status).count()
            yield Waiting(count, words, f"{self.menu_url}?status={status}")

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<number:pk>/html/", require_admin_access(show_html), name="html"),
            path("<number:pk>/send-again/", require_admin_access(send_again), name="send_again"),
            path("<number:pk>/cancel/", require_admin_access(cancel), name="cancel"),
        ]


@xframe_options_sameorigin
def show_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part as it is sent, for the frame in which it is read; no script runs in it.

    Its links open beside the admin: the site's pages allow no frame around them.
    """
    html = readable_mail(request, pk).html
    response = HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an email that was held, refused or broken off back into the queue."""
    mail = readable_mail(request, pk, "change")
    if OutgoingMail.objects.filter(pk=mail.pk).release():
        enqueue_once(deliver_due)
        mail.refresh_from_db()
        messages.success(request, f"{mail.state_text}.")
    return redirect("outbox:inspect", mail.pk)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Never send an email that has not gone out."""
    mail = readable_mail(request, pk, "change")
    if OutgoingMail.objects.filter(pk=mail.pk).cancel(CANCELLED_BY_YOU):
        messages.success(request, "This email will not be sent.")
    else:
        messages.error(request, "It is too late: this email has gone out, or is just being sent.")
    return redirect("outbox:inspect", mail.pk)


def readable_mail(request: HttpRequest, pk: int, action: str = "view") -> OutgoingMail:
    """Gives the mail, or answers 404 to somebody who may not do that with the outbox."""
    allowed = OutgoingMail.objects.all()
    if not ModelPermissionPolicy(OutgoingMail).user_has_permission(request.user, action):
        allowed = allowed.none()
    return get_object_or_404(allowed, pk=pk)


class OutboxAction(ChangeStateAction):
    """Abstract: does the same with the ticked emails."""

    models = [OutgoingMail]


class SendEmailsAction(OutboxAction):
    display_name = "Send"
    action_type = "send_emails"
    aria_label = "Send the ticked emails that were held or refused"
    action_priority = 10
    changed_words = "to be sent"

    @classmethod
    def change_state(cls, entries: Any, user: Any) -> int:
        enqueue_once(deliver_due)
        return entries.release()


class CancelEmailsAction(OutboxAction):
    display_name = "Don’t send"
    action_type = "cancel_emails"
    aria_label = "Never send the ticked emails"
    action_priority = 20
    changed_words = "will not be sent"

    @classmethod
    def change_state(cls, entries: Any, user: Any) -> int:
        return entries.cancel(CANCELLED_BY_YOU)
