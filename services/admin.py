"""The services in the admin's menu."""

from __future__ import annotations

from services.models import ServicePage
from vasite.content.admin import PagesViewSet


class ServiceViewSet(PagesViewSet):
    model = ServicePage
    name = "services"
    icon = "pick"
    menu_label = "Services"
    menu_order = 120
    add_to_admin_menu = True
