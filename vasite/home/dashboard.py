"""What the VA sees first in the admin."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from wagtail.admin.ui.components import Component

from blog.starting import SHAPES
from vasite.business.models import BusinessSettings
from vasite.forms.inboxes import InboxViewSet


class WaitingPanel(Component):
    """What waits for her, each with a link; and whether mail can go out."""

    name = "waiting"
    order = 50
    template_name = "admin/waiting_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = parent_context["request"].user
        entries = []
        for viewset in InboxViewSet.all_viewsets:
            if viewset.permission_policy.user_has_permission(user, "view"):
                count = viewset.waiting().count()
                words = viewset.waiting_words[count != 1]
                entries.append({"count": count, "words": words, "url": viewset.waiting_url})
        return {
            "entries": [entry for entry in entries if entry["count"]],
            "shapes": SHAPES,
            "has_mail_server": bool(settings.MAIL_TRANSPORT),
            "business": BusinessSettings.load(),
            "business_url": reverse(
                "wagtailsettings:edit",
                args=[BusinessSettings._meta.app_label, BusinessSettings._meta.model_name],
            ),
        }
