"""What the VA sees first in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from wagtail.admin.ui.components import Component

from blog.starting import SHAPES
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.forms.drafts import open_drafts
from vasite.forms.inboxes import InboxViewSet
from vasite.forms.submissions import Submission
from vasite.home.models import Trouble
from vasite.serving.models import TaskFault

MAX_NAMED_IMAGES = 5


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
                entries.extend(also_waiting(viewset, user))
        undescribed = SiteImage.objects.without_alt_text().order_by("-created_at")
        return {
            "undescribed_count": undescribed.count(),
            "undescribed": undescribed[:MAX_NAMED_IMAGES],
            "has_more_undescribed": undescribed[MAX_NAMED_IMAGES:].exists(),
            "troubles": Trouble.objects.filter(well_since=None),
            "entries": [entry for entry in entries if entry["count"]],
            "shapes": SHAPES,
            "faults": TaskFault.objects.all()[:10],
            "has_mail_server": bool(settings.MAIL_TRANSPORT),
            "business": BusinessSettings.load(),
            "business_url": reverse(
                "wagtailsettings:edit",
                args=[BusinessSettings._meta.app_label, BusinessSettings._meta.model_name],
            ),
        }


def also_waiting(viewset: InboxViewSet, user: Any) -> Iterator[dict[str, Any]]:
    """Return the replies that were begun and not sent, and what else an inbox wants looked at."""
    if issubclass(viewset.model, Submission):
        count = open_drafts(user, viewset.model).count()
        words = f"{'reply' if count == 1 else 'replies'} not sent yet: {viewset.menu_label}"
        yield {"count": count, "words": words, "url": viewset.menu_url}
    for extra in viewset.extra_waiting():
        yield {"count": extra.count, "words": extra.words, "url": extra.url}
