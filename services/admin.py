"""What is offered in the admin's menu: services and testimonials."""

from __future__ import annotations

from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.snippets.views.snippets import SnippetViewSet

from services.models import ServicePage, Testimonial
from vasite.content.admin import PagesViewSet


class ServiceViewSet(PagesViewSet):
    model = ServicePage
    name = "services"
    icon = "pick"
    menu_label = "Services"


class TestimonialViewSet(SnippetViewSet):
    model = Testimonial
    base_url_path = "testimonials"
    icon = "openquote"
    list_display = [
        "name",
        "business",
        BooleanColumn("has_consent", label="Agreed"),
        BooleanColumn("is_sample", label="Sample"),
    ]
    list_filter = ["has_consent", "is_sample"]
    copy_view_enabled = False


class OffersGroup(ViewSetGroup):
    menu_label = "Services"
    menu_icon = "pick"
    menu_order = 120
    items = (ServiceViewSet, TestimonialViewSet)
