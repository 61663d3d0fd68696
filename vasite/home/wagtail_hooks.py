from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

from vasite.home.dashboard import WaitingPanel


@hooks.register("construct_homepage_panels")
def show_what_waits(request: HttpRequest, panels: list[Any]) -> None:
    panels.insert(0, WaitingPanel())


@hooks.register("insert_global_admin_css")
def admin_colours() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("construct_main_menu")
def hide_what_a_va_never_needs(request: HttpRequest, menu_items: list[Any]) -> None:
    hidden = {"help", "reports", "snippets"}
    menu_items[:] = [item for item in menu_items if item.name not in hidden]
