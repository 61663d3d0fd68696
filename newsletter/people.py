"""What a person wrote under posts, and whether they get the newsletter."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePath

from django.db.models import QuerySet
from django.urls import reverse

from newsletter.import_files import ADDRESS, FLAGS, heading_key, layout_of, records_of, rows_of
from newsletter.models import (
    AuthorRule,
    Comment,
    Delivery,
    ErasedAddress,
    Follow,
    Subscriber,
    SubscriberEvent,
    SubscriberImport,
    UnreadReport,
)
from vasite.email_addresses import email_key, names_address
from vasite.forms.people import Known, mask_addresses

ERASED = "erased@..."  # no address, but where a file without headings has them
ERASED_NAME = "erased.csv"


class CommentKeeper:
    def find(self, email: str) -> Iterator[Known]:
        for comment in comments_of(email).select_related("page"):
            yield Known(
                kind="Comment",
                email=comment.email,
                words=comment.excerpt,
                state=comment.get_status_display(),
                at=comment.received_at,
                admin_url=reverse("comments:edit", args=[comment.pk]),
                fields={
                    "name": comment.name,
                    "e-mail": comment.email,
                    "under": comment.page.title,
                    "comment": comment.comment,
                    "as it was written": comment.original,
                    "wishes to be told of answers": "yes" if comment.wants_answers else "",
                },
            )

    def erase(self, email: str) -> None:
        """Takes a comment's words and its author away where others have answered it."""
        answered = comments_of(email).filter(answers__isnull=False).distinct()
        for comment in answered:
            comment.name, comment.email, comment.original = "Somebody", "erased@example.invalid", ""
            comment.comment = "(erased at the wish of its author)"
            comment.reasons, comment.wants_answers = [], False
            comment.save()
            comment.reply_drafts.all().delete()
            comment.emails.all().delete()
        comments_of(email).delete()
        AuthorRule.objects.filter(email_key=email_key(email)).delete()


class FollowKeeper:
    def find(self, email: str) -> Iterator[Known]:
        follows = Follow.objects.filter(email_key=email_key(email))
        for follow in follows.select_related("thread__page"):
            yield Known(
                kind="Told of answers",
                email=follow.email,
                words=follow.thread.page.title,
                state="Confirmed" if follow.confirmed_at else "Not confirmed yet",
                at=follow.asked_at,
                admin_url=reverse("comments:edit", args=[follow.thread_id]),
                fields={
                    "e-mail": follow.email,
                    "under": follow.thread.page.title,
                    "confirmed": moment(follow.confirmed_at),
                },
            )

    def erase(self, email: str) -> None:
        Follow.objects.filter(email_key=email_key(email)).delete()


class SubscriberKeeper:
    def find(self, email: str) -> Iterator[Known]:
        for subscriber in Subscriber.objects.filter(email_key=email_key(email)):
            yield Known(
                kind="Newsletter",
                email=subscriber.email,
                words="",
                state=subscriber.get_status_display(),
                at=subscriber.subscribed_at,
                admin_url=reverse("subscribers:inspect", args=[subscriber.pk]),
                fields={
                    "name": subscriber.name,
                    "e-mail": subscriber.email,
                    "gets": subscriber.get_rhythm_display(),
                    "topics": ", ".join(str(topic) for topic in subscriber.topics.all()),
                    "asked on the page": subscriber.subscribed_from,
                    "confirmed": moment(subscriber.confirmed_at),
                    "unsubscribed": moment(subscriber.unsubscribed_at),
                    "letters": "\n".join(
                        f"{moment(letter.taken_at)} {letter.campaign.public_title}"
                        for letter in subscriber.deliveries.exclude(taken_at=None).select_related(
                            "campaign"
                        )
                    ),
                    "history": "\n".join(
                        " ".join(
                            filter(None, (moment(event.at), event.text, event.page, event.words))
                        )
                        for event in subscriber.events.all()
                    ),
                },
            )

    def erase(self, email: str) -> None:
        subscribers = Subscriber.objects.filter(email_key=email_key(email))
        ErasedAddress.keep(subscribers.values_list("email_key", flat=True))
        subscribers.delete()


class ReportKeeper:
    """What others sent us about a person: mail servers' answers, reports, and lists to import."""

    def find(self, email: str) -> Iterator[Known]:
        return iter(())

    def erase(self, email: str) -> None:
        key = email_key(email)
        mask_addresses(Delivery.objects.all(), "answer", key)
        mask_addresses(SubscriberEvent.objects.all(), "text", key)
        reports = UnreadReport.objects.values_list("pk", "text", "fault")
        own = [pk for pk, *texts in reports if names_address("\n".join(texts), key)]
        UnreadReport.objects.filter(pk__in=own).delete()
        done = SubscriberImport.objects.filter(status=SubscriberImport.Status.DONE)
        done.update(unclear=[], accepted=[])  # may quote a row, whose ever it was
        for found in SubscriberImport.objects.select_for_update():
            is_in_rows = names_address(found.text, key)
            faults = [fault for fault in found.faults if not names_address(fault[1], key)]
            name = ERASED_NAME if is_named_after(found.file_name, key) else found.file_name
            if is_in_rows or (faults, name) != (found.faults, found.file_name):
                found.faults, found.file_name = faults, name
                if is_in_rows:
                    erase_rows(found, key)
                found.save(update_fields=["text", "unclear", "accepted", "faults", "file_name"])


def is_named_after(file_name: str, key: str) -> bool:
    """Tell whether a file's name holds an address, with or without an ending behind it."""
    return any(names_address(name, key) for name in (file_name, PurePath(file_name).stem))


def erase_rows(found: SubscriberImport, key: str) -> None:
    """Erase the rows of a list, as an import reads them, that name an address, and those that name
    nobody: these are never taken in, and may be lines of a cell that could not be read as one. What
    was asked and is wrong about them goes, too.

    An import that is under way counts its rows, and faults are told by their lines, so there are as
    many of both as before.
    """
    delimiter, columns = layout_of(found.text)
    lines = list(io.StringIO(found.text, newline=""))
    gone: set[int] = set()
    for line, cells, _, record in records_of(found.text, delimiter):
        own = list(io.StringIO(record, newline=""))
        place = slice(line - 1, line - 1 + len(own))
        if line <= columns.heading_line:
            if names_address(record, key):  # the list's title, or the names of its columns
                lines[place] = [ADDRESS.sub("…", text) for text in own]
        elif "@" not in record or names_address(record, key):
            ends = [text[len(text.rstrip("\r\n")) :] for text in own]
            lines[place] = [delimiter.join(erased(cells, columns.email)) + ends[0], *ends[1:]]
            gone.update(range(line, line + len(own)))
    found.text = "".join(lines)
    found.faults = [fault for fault in found.faults if fault[0] not in gone]
    asked = {words for row in rows_of(found.text) for words in row.unclear}
    found.unclear = [
        [column, value if (column, value) in asked else ERASED, count]
        for column, value, count in found.unclear
    ]
    found.accepted = [words for words in found.accepted if tuple(words) in asked]


def erased(cells: list[str], email: int) -> list[str]:
    """Return a row's cells with ERASED for the address, and of the others those that say yes, no or
    the like: by them an import knows which column is about consent."""
    keys = map(heading_key, cells)
    kept = [key if key in FLAGS else "" for key in keys] + [""] * (email + 1 - len(cells))
    kept[email] = ERASED
    return kept


def comments_of(email: str) -> QuerySet[Comment]:
    return Comment.objects.filter(email_key=email_key(email), is_author=False)


def moment(value: object) -> str:
    return value.isoformat(timespec="minutes") if value else ""
