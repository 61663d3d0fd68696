"""Two windows on the same settings: the one that is saved last takes nothing of the other away."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm


class OptimisticLockForm(WagtailAdminModelForm):
    """Keep what was saved elsewhere since the form was opened; ask where both changed a field.

    For models without revisions: by these Wagtail itself tells of another window.
    """

    opened_with = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = self.instance._meta.concrete_fields if self.instance.pk else ()
        self.columns = [column for column in columns if column.name in self.fields]
        self.stored = {column.name: getattr(self.instance, column.attname) for column in columns}
        self.stored_hashes = self.hashes()
        self.initial["opened_with"] = json.dumps(self.stored_hashes)

    def hashes(self) -> dict[str, str]:
        """Return a hash of each value that the instance has."""
        texts = {column.name: column.value_to_string(self.instance) for column in self.columns}
        return {name: hashlib.sha256(str(texts[name]).encode()).hexdigest() for name in texts}

    def clean_opened_with(self) -> dict[str, str]:
        """Read the hashes; without them nothing is known of another window."""
        try:
            return dict(json.loads(self.cleaned_data["opened_with"]))
        except (ValueError, TypeError):
            return {}

    def _post_clean(self) -> None:
        """Compare the values once the instance has them."""
        super()._post_clean()
        opened = self.cleaned_data.get("opened_with", {})
        typed = self.hashes()
        for column in self.columns:
            name = column.name
            before, stored = opened.get(name), self.stored_hashes[name]
            if before is None or before == stored or name in self.errors:
                continue
            if typed[name] == before:
                setattr(self.instance, column.attname, self.stored[name])
            elif typed[name] != stored:
                self.add_error(name, self.words_on(name))
                opened[name] = stored  # whoever saves again has read it
        self.data: Any = self.data.copy()
        self.data[self.add_prefix("opened_with")] = json.dumps(opened)

    def words_on(self, name: str) -> str:
        value = self.stored[name]
        now = f" It is “{value}” there." if isinstance(value, str) and value else ""
        return f"This was changed in another window.{now} Save again to keep what stands here."
