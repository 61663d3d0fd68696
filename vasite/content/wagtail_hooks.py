from typing import Any

from wagtail import hooks
from wagtail.admin.rich_text.editors.draftail.features import BlockFeature

# A word processor's headings begin with level 1, which a page keeps for its title, and go deeper
# than ours. What is pasted as such is stored as the nearest level that we have.
PASTED_HEADINGS = {"header-one": "h2", "header-four": "h3"}


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
