"""Pages of one type as an entry of the admin's menu, without a walk through the page tree."""

from __future__ import annotations

from wagtail.admin.ui.tables import DateColumn
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet

TICK_BOX, TITLE, *_, STATUS = IndexView.base_columns


class PagesViewSet(PageListingViewSet):
    """Abstract: the list of one page type, with a button that opens the editor at once."""

    columns = [TICK_BOX, TITLE, DateColumn("first_published_at", label="Published"), STATUS]
