"""How long what people leave behind is kept: one table for the tasks that delete it and the
privacy page that states it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

UNTIL_THEN = timedelta.max


@dataclass(frozen=True)
class Retention:
    """A kind of data, how long it is kept, and from when; the words complete "We keep …".

    With UNTIL_THEN for its period no clock deletes it, and `since` says what ends it.
    """

    what: str
    period: timedelta
    since: str

    def __str__(self) -> str:
        if self.period == UNTIL_THEN:
            return f"{self.what}: {self.since}"
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
    "unsent_emails": Retention(
        "Emails that were refused or cancelled, with their text and address",
        timedelta(days=30),
        "after the last try or the cancellation",
    ),
    "held_emails": Retention(
        "Emails that wait, that a limit holds back, or of which it is not sure that they went out",
        UNTIL_THEN,
        "until they are sent or we decide on them",
    ),
    "unconfirmed_subscribers": Retention(
        "Addresses that asked for the newsletter and did not confirm",
        timedelta(days=30),
        "after the last email asking them to",
    ),
    "consent_history": Retention(
        "Addresses that confirmed or ended the newsletter, with when and how they agreed and left",
        UNTIL_THEN,
        "until they are erased, because we must be able to show it",
    ),
    "delivery_history": Retention(
        "Which newsletters went to an address, and what its mail server said",
        UNTIL_THEN,
        "until the address or the newsletter is deleted",
    ),
    "unconfirmed_follows": Retention(
        "Addresses that were asked whether they want to hear of replies and did not confirm",
        timedelta(days=30),
        "after they were asked",
    ),
    "messages": Retention(
        "Messages and comments with what came with them, and who hears of replies to them",
        UNTIL_THEN,
        "until we delete them or they are erased",
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
    "data_links": Retention(
        "Addresses to which a link to their data was sent, with a hash of the link",
        timedelta(days=3),
        "after they asked",
    ),
    "sign_in_attempts": Retention(
        "Name, IP address and browser of failed attempts to sign in",
        timedelta(days=1),
        "after the first of them",
    ),
    "sessions": Retention(
        "Sessions of those who sign in to the admin",
        timedelta(days=14),
        "after the last hour in which they worked there",
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
    "form_drafts": Retention(  # static/js/form_help.js
        "What was typed into a form and not sent, in the visitor’s own browser",
        timedelta(days=1),
        "after the last change; that browser deletes it when one of our forms is next used",
    ),
    "unsaved_drafts": Retention(  # static/js/unsaved.js
        "What was typed in the admin and not saved, in its writer’s own browser",
        timedelta(days=7),
        "after the last change; that browser deletes it when the admin is next opened",
    ),
    "task_faults": Retention(
        "Notes of entries that a background task could not deal with",
        timedelta(days=7),
        "after they were due to be tried again",
    ),
    "finished_tasks": Retention(
        "Records of background tasks", timedelta(days=3), "after they ended"
    ),
}
