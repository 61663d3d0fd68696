"""What somebody says of herself under "Account"."""

from __future__ import annotations

from typing import Any

from wagtail.admin.forms.account import NameEmailForm


class NameForm(NameEmailForm):
    """Ask for no name: a new password must not wait for one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
