"""Reports of mail providers that the site could not read, in the admin."""

from __future__ import annotations

from wagtail.admin.ui.tables import DateColumn

from newsletter.models import UnreadReport
from vasite.forms.inboxes import InboxPermissionPolicy, UnchosenViewSet


class UnreadReportViewSet(UnchosenViewSet):
    model = UnreadReport
    base_url_path = "unread-reports"
    icon = "warning"
    menu_label = "Reports not understood"
    add_to_settings_menu = True
    copy_view_enabled = False
    inspect_view_enabled = True
    permission_policy = InboxPermissionPolicy(UnreadReport, ["add", "change"])
    list_display = ["provider", "fault", DateColumn("received_at", label="Received")]
    list_filter = ["provider"]
    list_per_page = 50
