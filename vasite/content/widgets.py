"""The editor of rich text, which a long page's blocks get when they come near the screen."""

from __future__ import annotations

from typing import Any

from django.forms import Media
from django.utils.functional import cached_property
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.admin.rich_text.editors.draftail import DraftailRichTextAreaAdapter
from wagtail.admin.telepath import register

from vasite.content.contentstate import KeepingConverter


class WaitingRichTextArea(DraftailRichTextArea):
    """Draftail, but of a stored text only once it is near the screen or focused.

    An editor takes 30 ms to set up; with a hundred of them a page took seconds to open.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.converter = KeepingConverter(self.features)

    @cached_property
    def media(self) -> Any:
        return super().media + Media(js=["js/rich_text.js", "js/paste.js"])


class WaitingRichTextAreaAdapter(DraftailRichTextAreaAdapter):
    js_constructor = "vasite.WaitingRichTextArea"


register(WaitingRichTextAreaAdapter(), WaitingRichTextArea)
