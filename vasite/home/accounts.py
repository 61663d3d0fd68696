"""The addresses of those who sign in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from wagtail.admin.forms.auth import PasswordResetForm

from vasite.email_addresses import email_key, normalise_email
from vasite.email_fields import EmailFormField


class AccountPasswordResetForm(PasswordResetForm):
    """Wagtail's form, which finds an account by the `email_key` of its address.

    Django's finds by `iexact`, which takes look-alikes for one another on PostgreSQL. The link goes
    to the address of the account, never to the one that was typed.
    """

    email = EmailFormField(label="Enter your email address to reset your password")

    def get_users(self, email: str) -> Iterator[Any]:
        key = email_key(email)
        users = get_user_model().objects.filter(is_active=True)
        return (
            user for user in users if user.has_usable_password() and email_key(user.email) == key
        )


def validate_email_address(text: str) -> None:
    """Raise ValidationError for an address to which nothing could be sent."""
    normalise_email(text)
