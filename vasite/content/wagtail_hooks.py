from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.rich_text.editors.draftail.features import BlockFeature
from wagtail.admin.widgets import Button
from wagtail.models import Page

from vasite.content.admin import PagesWithoutActions
from vasite.content.page_forms import wants_json
from vasite.content.private_images import private_media
from vasite.content.rich_text import VisiblePageLinkHandler
from vasite.content.scheduling import keep_what_is_public, move_schedule, say_schedule
from vasite.content.sharing import share
from vasite.content.tasks import follow_privacy

# A word processor's headings begin with level 1, which a page keeps for its title, and go deeper
# than ours. What is pasted as such is stored as the nearest level that we have.
PASTED_HEADINGS = {
    "header-one": "h2",
    "header-four": "h3",
    "header-five": "h3",
    "header-six": "h3",
}


@hooks.register("register_rich_text_features", order=1)  # after Wagtail's own handler
def register_visible_page_links(features: Any) -> None:
    features.register_link_type(VisiblePageLinkHandler)


@hooks.register("register_rich_text_features")
def register_pasted_headings(features: Any) -> None:
    for block_type, element in PASTED_HEADINGS.items():
        features.register_editor_plugin(
            "draftail",
            block_type,
            # Without label and description they stand in no toolbar and in no menu.
            BlockFeature({"type": block_type, "label": None, "description": None}),
        )
        rule = {
            "from_database_format": {},
            "to_database_format": {"block_map": {block_type: element}},
        }
        features.register_converter_rule("contentstate", block_type, rule)


@hooks.register("insert_global_admin_js")
def picker_script() -> str:
    return format_html('<script src="{}"></script>', static("js/pickers.js"))


@hooks.register("insert_editor_js")
def label_script() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/labels.js"))


@hooks.register("insert_editor_js")
def chooser_script() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/choosers.js"))


@hooks.register("construct_admin_api")
def take_actions_from_api(router: Any) -> None:
    """Leave reading to the admin's API: what it does to a page it does without a question.

    Wagtail's own pages use no such action (read in 7.4).
    """
    router.register_endpoint("pages", PagesWithoutActions)


# Before any question about a page that stays
@hooks.register("before_unpublish_page", order=-1)
@hooks.register("before_delete_page", order=-1)
def refuse_removal(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to unpublish or delete a page that the site can't do without."""
    if request.method == "POST" and getattr(page, "must_stay", False):
        messages.error(request, page.removal_warning)
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None


@hooks.register("before_bulk_action", order=-1)
def refuse_bulk_removal(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    """Refuse the same for one of several pages; none of them is changed."""
    if action_type in {"unpublish", "delete"} and action.model is Page:
        for page in objects:
            if response := refuse_removal(request, page.specific_deferred):
                return response
    return None


@hooks.register("before_edit_page")
def keep_public_version(request: HttpRequest, page: Page) -> None:
    keep_what_is_public(request, page)


@hooks.register("before_edit_page")
def tell_of_schedule(request: HttpRequest, page: Page) -> None:
    say_schedule(request, page)


@hooks.register("after_edit_page")
def keep_schedule_in_step(request: HttpRequest, page: Page) -> None:
    move_schedule(request, page)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
@hooks.register("after_publish_page")
def say_chosen_address(request: HttpRequest, page: Page) -> None:
    """Say so where the address that was wanted is another page's."""
    wanted = request.POST.get("slug")
    if wanted and wanted != page.slug and not wants_json(request):
        words = f"Another page has the address “{wanted}”, so this one has “{page.slug}”."
        messages.info(request, words)


@hooks.register("register_admin_urls")
def private_media_urls() -> list[Any]:
    return [path("media/<path:path>", private_media, name="private_media")]


@hooks.register("after_bulk_action")
def move_images_of_bulk_action(request: HttpRequest, *args: Any, **kwargs: Any) -> None:
    """Follow images that were put into another collection: the bulk action sends no signal."""
    follow_privacy()


@hooks.register("register_admin_urls")
def sharing_urls() -> list[Any]:
    return [path("pages/<number:page_id>/share/", share, name="share_page")]


@hooks.register("register_page_header_buttons")
def link_for_a_client(page: Page, user: Any, **kwargs: Any) -> Iterator[Button]:
    if page.pk and page.permissions_for_user(user).can_edit():
        url = reverse("share_page", args=[page.pk])
        yield Button("Link for a client", url, icon_name="link", priority=60)
