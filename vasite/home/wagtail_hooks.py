from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from vasite.home.dashboard import WaitingPanel
from vasite.home.erasing import erase_everywhere
from vasite.home.guide import guide
from vasite.home.private_pages import check_document, check_page, open_from_admin

# Before Wagtail's own, which would ask with its own forms
hooks.register("before_serve_page", check_page, order=-1)
hooks.register("before_serve_document", check_document, order=-1)


@hooks.register("construct_homepage_panels")
def show_what_waits(request: HttpRequest, panels: list[Any]) -> None:
    panels.insert(0, WaitingPanel())


@hooks.register("insert_global_admin_css")
def admin_colours() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("register_admin_urls")
def guide_urls() -> list[Any]:
    return [
        path("guide/<slug:name>/", guide, name="guide"),
        path("pages/<int:page_id>/open/", open_from_admin, name="open_from_admin"),
        path("erase/<str:kind>/<int:pk>/", erase_everywhere, name="erase_person"),
    ]


@hooks.register("register_help_menu_item")
def guide_in_the_help_menu() -> MenuItem:
    return MenuItem("Guide", reverse("guide", args=["index"]), icon_name="help", order=1)


@hooks.register("construct_main_menu")
def hide_what_a_va_never_needs(request: HttpRequest, menu_items: list[Any]) -> None:
    hidden = {"reports", "snippets"}
    menu_items[:] = [item for item in menu_items if item.name not in hidden]
