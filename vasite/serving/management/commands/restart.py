"""`make restart`: the code that is there now takes the place of what runs, without a gap."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from vasite.serving.management.commands.serve import SUPERVISOR_RECORD

MOST_SECONDS = 90


class Command(BaseCommand):
    help = "Prepares the site for the code that is there now, and renews what runs, without a gap."
    requires_system_checks = ["database", "models"]

    def handle(self, *args: Any, **options: Any) -> None:
        before = read_record()
        if not is_supervisor(before):
            raise CommandError("The site doesn't run from this DATA_DIR. Start it: make run")
        call_command("serve", prepare_only=True)
        os.kill(int(before.split()[0]), signal.SIGUSR2)
        deadline = time.monotonic() + MOST_SECONDS
        while (record := read_record()) == before and time.monotonic() < deadline:
            time.sleep(0.1)
        if not record.endswith(" renewed"):
            raise CommandError("The new version can't start. The old one goes on; see its log.")
        self.stdout.write("Renewed: the new version answers.")


def is_supervisor(record: str) -> bool:
    """Whether the process that a record names is still the supervisor, and no other by now."""
    with suppress(OSError, IndexError):
        command = Path(f"/proc/{record.split()[0]}/cmdline").read_bytes()
        return b"vasite.serving.supervisor" in command
    return False


def read_record() -> str:
    """Gives which process supervises the site and how its last renewal went; "" if none does."""
    return SUPERVISOR_RECORD.read_text() if SUPERVISOR_RECORD.exists() else ""
