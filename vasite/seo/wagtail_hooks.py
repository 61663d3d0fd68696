from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from vasite.seo.admin import MissingAddressViewSet, PageReviewViewSet
from vasite.seo.coach.views import CoachOnCreate, CoachOnEdit

register_snippet(MissingAddressViewSet)
register_snippet(PageReviewViewSet)


@hooks.register("register_admin_urls")
def coach_urls() -> list:
    return [
        path("pages/<int:page_id>/edit/coach/", CoachOnEdit.as_view(), name="coach_on_edit"),
        path(
            "pages/add/<slug:content_type_app_name>/<slug:content_type_model_name>/"
            "<int:parent_page_id>/coach/",
            CoachOnCreate.as_view(),
            name="coach_on_add",
        ),
    ]


@hooks.register("insert_editor_js")
def coach_script() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/coach.js"))
