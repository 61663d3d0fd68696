"""Blocks as the editor sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest
from wagtail.admin.forms.models import register_form_field_override
from wagtail.blocks.base import BlockField, BlockWidget
from wagtail.fields import StreamField


class CheckedBlockWidget(BlockWidget):
    """Blocks, all of them or none.

    Read in Wagtail 7.4: what is said of their number and order goes to `int()`, fields that are
    missing raise an error, and a block of a kind that the site no longer has is left out with its
    words, as is everything where their number is negative.
    """

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Mapping[str, Any], name: str
    ) -> Any:
        try:
            value = super().value_from_datadict(data, files, name)
            count = int(data[f"{name}-count"])
            is_sent = [not data[f"{name}-{place}-deleted"] for place in range(count)]
        except (KeyError, ValueError) as error:
            raise BadRequest(f"The blocks of {name} can’t be read") from error
        if count < 0 or len(value) != sum(is_sent):
            raise BadRequest(f"The blocks of {name} are not all of a kind that the site has")
        return value


class CheckedBlockField(BlockField):
    def __init__(self, block: Any = None, **options: Any) -> None:
        super().__init__(block, widget=CheckedBlockWidget(block), **options)


def register_block_field() -> None:
    """Make it the field of all blocks in the admin's forms."""
    register_form_field_override(StreamField, override={"form_class": CheckedBlockField})
