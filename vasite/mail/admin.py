"""The outbox in the admin."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.snippets.views.snippets import InspectView

from vasite.forms.inboxes import InboxViewSet
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver_due
from vasite.serving.middleware import MAIL_POLICY
from vasite.serving.queue import enqueue_once


class ReadMailView(InspectView):
    template_name = "admin/read_mail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "mail": self.object,
            "can_be_sent_again": self.object.status
            in {OutgoingMail.Status.UNSURE, OutgoingMail.Status.FAILED},
            "has_server": bool(settings.MAIL_TRANSPORT),
        }


class OutboxViewSet(InboxViewSet):
    model = OutgoingMail
    admin_url_namespace = "outbox"
    base_url_path = "outbox"
    icon = "upload"
    menu_label = "Outbox"
    menu_order = 230
    waiting_words = ("mail waits in the outbox", "mails wait in the outbox")
    forbidden_actions = ("add", "change", "delete")
    inspect_view_enabled = True
    inspect_view_class = ReadMailView
    list_display = [
        "subject",
        Column("recipient_line", label="To"),
        "status",
        DateColumn("created_at", label="Written"),
    ]
    list_filter = ["status"]
    ordering = ["-created_at"]

    def waiting(self) -> Any:
        return OutgoingMail.objects.exclude(status=OutgoingMail.Status.SENT)

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/html/", require_admin_access(show_html), name="html"),
            path("<int:pk>/send-again/", require_admin_access(send_again), name="send_again"),
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
    """Puts a mail that failed, or of which nobody knows, back into the queue."""
    mail = readable_mail(request, pk)
    OutgoingMail.objects.filter(
        pk=mail.pk, status__in=[OutgoingMail.Status.UNSURE, OutgoingMail.Status.FAILED]
    ).update(status=OutgoingMail.Status.WAITING, attempts=0, send_after=timezone.now())
    enqueue_once(deliver_due)
    messages.success(request, "The mail waits to be sent again.")
    return redirect("outbox:inspect", mail.pk)


def readable_mail(request: HttpRequest, pk: int) -> OutgoingMail:
    """Gives the mail, or answers 404 to somebody who may not read the outbox."""
    policy = OutgoingMail.snippet_viewset.permission_policy  # type: ignore[attr-defined]
    allowed = OutgoingMail.objects.all()
    if not policy.user_has_permission(request.user, "view"):
        allowed = allowed.none()
    return get_object_or_404(allowed, pk=pk)
