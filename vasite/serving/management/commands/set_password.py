"""`make password`: a new password for the administrator."""

from __future__ import annotations

from typing import Any

from axes.utils import reset
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string


class Command(BaseCommand):
    help = "Sets a new password for the first administrator and shows it once."

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
        if user is None:
            raise CommandError("There is no administrator yet: `make run` makes one.")
        password = get_random_string(16)
        user.set_password(password)
        user.is_active = True
        user.save()
        reset()  # whoever is locked out may try at once
        self.stdout.write(f"User: {user.get_username()}   Password: {password}")
        self.stdout.write("Sign in at /admin/ with it.")
