"""How long what people leave behind is kept: one table for the tasks that delete it and the
privacy page that states it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Retention:
    """A kind of data, how long it is kept, and from when; the words complete "We keep …"."""

    what: str
    period: timedelta
    since: str

    def __str__(self) -> str:
        hours = round(self.period / timedelta(hours=1))
        days, rest = divmod(hours, 24)
        number, unit = (hours, "hour") if rest else (days, "day")
        return f"{self.what}: {number} {unit}{'' if number == 1 else 's'} {self.since}"


RETENTION = {
    "sent_emails": Retention(
        "Emails that this site has sent, with their text and address",
        timedelta(days=30),
        "after they were delivered",
    ),
    "unconfirmed_subscribers": Retention(
        "Addresses that asked for the newsletter and did not confirm",
        timedelta(days=30),
        "after the last email asking them to",
    ),
    "spam": Retention(  # the default of SpamSettings.keep_spam_days, which the owner may change
        "Messages, comments and addresses set aside as spam",
        timedelta(days=30),
        "after they were received",
    ),
    "rate_limits": Retention(
        "Keyed hashes of the network, address and words of what was sent by a form",
        timedelta(hours=23),
        "after it was sent",
    ),
    "requested_links": Retention(
        "Addresses that asked for a link by email, if the link could not be sent",
        timedelta(days=1),
        "after they asked",
    ),
    "sign_in_attempts": Retention(
        "Name, IP address and browser of failed attempts to sign in",
        timedelta(days=1),
        "after the first of them",
    ),
    "revisions": Retention(
        "Earlier versions of pages and other content, drafts included",
        timedelta(days=365),
        "after they were saved, except the latest and the public one",
    ),
    "unused_lists": Retention(
        "Lists of subscribers that were uploaded and not imported",
        timedelta(days=1),
        "after the upload",
    ),
    "imported_lists": Retention(
        "Lists of subscribers that were imported", timedelta(days=30), "after the upload"
    ),
    "unread_reports": Retention(
        "Returned emails that the site could not read", timedelta(days=90), "after they came back"
    ),
    "reply_drafts": Retention(
        "Replies that were begun and not sent", timedelta(days=90), "after the last change"
    ),
    "task_faults": Retention(
        "Notes of entries that a background task could not deal with",
        timedelta(days=7),
        "after the last try",
    ),
    "finished_tasks": Retention(
        "Records of background tasks", timedelta(days=3), "after they ended"
    ),
}
