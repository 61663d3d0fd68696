"""What is left of an erased person where nobody would look: logs, sessions, tasks, cached pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.html import escape
from django_tasks_db.models import DBTaskResult
from wagtail.models import Revision

from vasite.content.tasks import earlier_versions
from vasite.email_addresses import email_key, names_address
from vasite.forms.erasing import erase_person
from vasite.forms.people import Known
from vasite.home.data_requests import forget_address
from vasite.home.models import LinkRequest
from vasite.pagecache.clearing import clear

SIGN_IN_MODELS = (AccessAttempt, AccessFailureLog, AccessLog)


def erase_all_of(email: str) -> list[Known]:
    """Erase what the apps keep of a person, and what is left of them anywhere else; return what
    was known before. Needs a transaction."""
    known = erase_person(email)
    erase_traces_of(email, {str(entry.fields.get("name") or email) for entry in known})
    forget_address(email)
    transaction.on_commit(clear_caches)
    return known


def erase_traces_of(email: str, names: Iterable[str]) -> None:
    """Delete what the frameworks below the site have noted about an address, and what they tell
    administrators of somebody by name."""
    key = email_key(email)
    for model in SIGN_IN_MODELS:
        tries = model.objects.values()  # the query and the browser's name hold what a visitor likes
        own = [row["id"] for row in tries if names_address("\n".join(map(str, row.values())), key)]
        model.objects.filter(pk__in=own).delete()
    LinkRequest.objects.filter(email_key=key).delete()
    # An error's message may quote a row; the log has had its frames
    DBTaskResult.objects.exclude(traceback="").update(traceback="")
    forget_messages(key, names)
    forget_earlier_versions(key)


def forget_messages(key: str, names: Iterable[str]) -> None:
    """Drop what an administrator has been told about a person and not read yet."""
    for session in Session.objects.all():
        data = session.get_decoded()
        text = json.dumps(data, ensure_ascii=False)
        if names_address(text, key) or any(escape(name) in text or name in text for name in names):
            data.pop(SessionStorage.session_key, None)
            Session.objects.filter(pk=session.pk).update(session_data=SessionStore().encode(data))


def forget_earlier_versions(key: str) -> None:
    """Delete the earlier versions of pages that hold an address. The latest, the public and the
    scheduled ones are the owner's own words, which only the owner can change."""
    versions = earlier_versions().annotate(text=Cast("content", TextField()))
    for pk, text in versions.filter(text__contains="@").order_by().values_list("pk", "text"):
        if names_address(text, key):
            Revision.objects.filter(pk=pk).delete()


def clear_caches() -> None:
    """Delete the copies of pages on the disk, and what SQLite's log holds of earlier rows."""
    clear()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
