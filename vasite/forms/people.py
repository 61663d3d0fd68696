"""What the site keeps of a person by their address, whichever app keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from vasite.email_addresses import names_address
from vasite.serving.logs import masked


@dataclass(frozen=True)
class Known:
    """One thing kept of a person: what it is, when it came, and its address in the admin."""

    kind: str
    words: str
    state: str
    at: datetime
    # The person's address as it is stored: the only one to which mail about all this may go
    email: str
    admin_url: str
    # All of it, as the person may have it: names of fields and their values as text
    fields: dict[str, Any]
    # Why it has to be kept although the person wants it erased; empty if nothing speaks for it
    kept_because: str = ""
    # Gives the files that came with it, by name; read only when the person takes them along
    read_files: Callable[[], dict[str, bytes]] = dict


class Keeper(Protocol):
    """What an app offers that keeps something of people."""

    def find(self, email: str) -> Iterable[Known]:
        """Gives all of a person, by the `email_key` of the address."""

    def erase(self, email: str) -> None:
        """Deletes all of a person but what has to be kept."""


keepers: list[Keeper] = []


def known_of(email: str) -> list[Known]:
    """Gives all that the site keeps of the person with this address, the latest first."""
    found = [entry for keeper in keepers for entry in keeper.find(email)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def mask_addresses(rows: QuerySet[Any], field: str, key: str) -> None:
    """Mask all addresses in the texts that name the person with an `email_key`: a mail server's
    answer about somebody else may, if their email is passed on to that person."""
    texts = rows.filter(**{f"{field}__contains": "@"}).values_list("pk", field)
    for pk, text in [row for row in texts if names_address(row[1], key)]:
        rows.filter(pk=pk).update(**{field: masked(text, keep_ip_addresses=True)})
