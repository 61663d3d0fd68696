"""What somebody says of herself under "Account"."""

from __future__ import annotations

from typing import Any

from wagtail.admin.forms.account import AvatarPreferencesForm, NameEmailForm

from vasite.content.image_forms import PictureFileField


class NameForm(NameEmailForm):
    """Ask for no name: a new password must not wait for one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False


class ProfilePictureForm(AvatarPreferencesForm):
    """Take a profile picture as any other: upright, without where it was taken, in a known format.

    Wagtail makes it smaller afterwards.
    """

    avatar = PictureFileField(label="Upload a profile picture", required=False)
