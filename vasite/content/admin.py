"""Pages in the admin: one type as an entry of the menu, without a walk through the page tree, and
the API that the menu and the choosers read."""

from __future__ import annotations

from typing import Any

from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.admin.ui.tables import DateColumn
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet

TICK_BOX, TITLE, *_, STATUS = IndexView.base_columns


class PagesIndexView(IndexView):
    """The list of one page type; as a file, each page with its address."""

    list_export = ["title", "full_url", "live", "first_published_at", "last_published_at"]
    export_headings = {"full_url": "Address", "live": "Published"}
    export_filename = "pages"


class PagesViewSet(PageListingViewSet):
    """Abstract: the list of one page type, with a button that opens the editor at once."""

    index_view_class = PagesIndexView
    columns = [TICK_BOX, TITLE, DateColumn("first_published_at", label="Published"), STATUS]


class PagesWithoutActions(PagesAdminAPIViewSet):
    """The admin's API of pages, to be read only."""

    actions: dict[str, Any] = {}
