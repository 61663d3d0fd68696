"""`make restart`: the code that is there now takes the place of what runs, without a gap."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from vasite.serving.data_dir import is_locked
from vasite.serving.management.commands.serve import SUPERVISOR_SOCKET
from vasite.serving.supervisor import RENEWED, ask_to_renew

MAX_SECONDS = 90


class Command(BaseCommand):
    help = "Prepares the site for the code that is there now, and renews what runs, without a gap."
    requires_system_checks = ["database", "models"]

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_locked():
            raise CommandError(
                f"No site runs from DATA_DIR {settings.DATA_DIR}. Start it: systemctl start vasite "
                "if systemd looks after it (then systemctl reload vasite renews it), else make run."
            )
        call_command("serve", prepare_only=True)
        try:
            outcome = ask_to_renew(SUPERVISOR_SOCKET, MAX_SECONDS)
        except OSError:
            raise CommandError(
                "The site is still starting, or can't be asked to renew itself. Try again in a "
                "minute, or restart it: systemctl restart vasite, or stop it and make run."
            ) from None
        if outcome != RENEWED:
            raise CommandError(
                "The new version can't start. The old one goes on. The reason is in its log: "
                "journalctl -u vasite, or where make run prints."
            )
        self.stdout.write("Renewed: the new version answers.")
