"""Missing addresses in the admin: which are asked for, and where they shall lead."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import EditView

from vasite.forms.inboxes import UnchosenViewSet
from vasite.seo.models import MissingAddress, PageReview


class MakeRedirectView(EditView):
    """Choosing a page makes the redirect and settles the matter."""

    def save_instance(self) -> Any:
        missing = self.form.save(commit=False)
        if missing.leads_to:
            old_path = Redirect.normalise_path(missing.path)
            Redirect.objects.update_or_create(
                old_path=old_path, site=None, defaults={"redirect_page": missing.leads_to}
            )
            MissingAddress.objects.filter(pk=missing.pk).delete()
        return missing

    def get_success_message(self) -> str:
        missing = self.object
        if not missing.leads_to:
            return "Nothing was changed."
        return f"{missing.path} now leads to “{missing.leads_to.title}”."

    def get_success_buttons(self) -> list[Any]:
        return []


class NobodyAdds(ModelPermissionPolicy):
    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and super().user_has_permission(user, action)


class ReadOnly(ModelPermissionPolicy):
    """For lists that the worker writes: whoever may edit pages may look."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and user.has_perm("wagtailadmin.access_admin")


class PageReviewViewSet(UnchosenViewSet):
    """The report over all pages: what would help each to be found."""

    model = PageReview
    base_url_path = "pages-to-improve"
    icon = "glasses"
    menu_label = "Found by search"
    menu_order = 240
    add_to_admin_menu = True
    permission_policy = ReadOnly(PageReview)
    list_display = [
        Column("page", label="Page", accessor=lambda review: edit_link(review.page)),
        "finding_count",
        Column("first_finding", label="First of all"),
        DateColumn("reviewed_at", label="Reviewed"),
    ]
    list_per_page = 50
    ordering = ["-finding_count"]

    def get_queryset(self, request: Any) -> Any:
        return PageReview.objects.filter(page__live=True).select_related("page")


def edit_link(page: Page) -> str:
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return format_html('<a href="{}">{}</a>', url, page.get_admin_display_title())


class MissingAddressViewSet(UnchosenViewSet):
    model = MissingAddress
    base_url_path = "missing-addresses"
    icon = "link"
    menu_label = "Missing addresses"
    add_to_settings_menu = True
    copy_view_enabled = False
    edit_view_class = MakeRedirectView
    permission_policy = NobodyAdds(MissingAddress)
    list_display = ["path", "count", "last_asked_on"]
    list_per_page = 50
    ordering = ["-count"]
    panels = [
        FieldPanel("path", read_only=True),
        FieldPanel("count", read_only=True),
        FieldPanel("leads_to"),
    ]
