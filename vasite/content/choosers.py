"""Fields in which a page, an image or a document is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.admin.widgets import BaseChooser

NO_KEY = "0"


def refuse_odd_keys() -> None:
    """Let every chooser take what is no key at all for one that no row has.

    Read from Wagtail 7.4: the field refuses it in words, but the widget, and a chooser in a block,
    look it up by `get` and catch `DoesNotExist` only, so that the answer would be a 500.
    """
    value_from_datadict = BaseChooser.value_from_datadict

    def checked(
        self: BaseChooser, data: Mapping[str, Any], files: Mapping[str, Any], name: str
    ) -> Any:
        value = value_from_datadict(self, data, files, name)
        try:
            self.model_class._meta.pk.to_python(value)
        except ValidationError:
            return NO_KEY
        return value

    BaseChooser.value_from_datadict = checked
