from collections.abc import Iterator
from typing import Any

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.rich_text.editors.draftail.features import BlockFeature
from wagtail.admin.widgets import Button
from wagtail.models import Page

from vasite.content.rich_text import VisiblePageLinkHandler
from vasite.content.sharing import share

# A word processor's headings begin with level 1, which a page keeps for its title, and go deeper
# than ours. What is pasted as such is stored as the nearest level that we have.
PASTED_HEADINGS = {"header-one": "h2", "header-four": "h3"}


@hooks.register("register_rich_text_features", order=1)  # after Wagtail's own handler
def register_visible_page_links(features: Any) -> None:
    features.register_link_type(VisiblePageLinkHandler)


@hooks.register("register_rich_text_features")
def register_pasted_headings(features: Any) -> None:
    for block_type, element in PASTED_HEADINGS.items():
        features.register_editor_plugin(
            "draftail", block_type, BlockFeature({"type": block_type, "label": None})
        )
        rule = {
            "from_database_format": {},
            "to_database_format": {"block_map": {block_type: element}},
        }
        features.register_converter_rule("contentstate", block_type, rule)


@hooks.register("register_admin_urls")
def sharing_urls() -> list[Any]:
    return [path("pages/<int:page_id>/share/", share, name="share_page")]


@hooks.register("register_page_header_buttons")
def link_for_a_client(page: Page, user: Any, **kwargs: Any) -> Iterator[Button]:
    if page.pk and page.permissions_for_user(user).can_edit():
        url = reverse("share_page", args=[page.pk])
        yield Button("Link for a client", url, icon_name="link", priority=60)
