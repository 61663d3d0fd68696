from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from vasite.seo.addresses import note_departure
from vasite.seo.admin import MissingAddressViewSet, PageReviewViewSet
from vasite.seo.coach.views import CoachOnCreate, CoachOnEdit

register_snippet(MissingAddressViewSet)
register_snippet(PageReviewViewSet)


@hooks.register("after_unpublish_page")
def note_page_gone_for_good(request: HttpRequest, page: Page) -> None:
    """Remember the address of an unpublished page if the owner said that it won't come back."""
    if "is_gone" in request.POST:
        pages = [page]
        if request.POST.get("include_descendants"):
            pages += page.get_descendants().filter(live=False, first_published_at__isnull=False)
        for one in pages:
            note_departure(one)


@hooks.register("after_bulk_action")
def note_pages_gone_for_good(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> None:
    if action_type == "unpublish" and action.model is Page:
        for page in objects:
            note_page_gone_for_good(request, page)


@hooks.register("register_admin_urls")
def coach_urls() -> list:
    return [
        path("pages/<number:page_id>/edit/coach/", CoachOnEdit.as_view(), name="coach_on_edit"),
        path(
            "pages/add/<slug:content_type_app_name>/<slug:content_type_model_name>/"
            "<number:parent_page_id>/coach/",
            CoachOnCreate.as_view(),
            name="coach_on_add",
        ),
    ]


@hooks.register("insert_editor_js")
def coach_script() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/coach.js"))
