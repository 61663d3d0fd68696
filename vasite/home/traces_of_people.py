"""What is left of an erased person where nobody would look: logs, sessions, tasks, cached pages."""

from __future__ import annotations

import json
from contextlib import suppress

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django_tasks_db.models import DBTaskResult

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
    erase_traces_of(email)
    forget_address(email)
    transaction.on_commit(clear_caches)
    return known


def erase_traces_of(email: str) -> None:
    """Delete what the frameworks below the site have noted about an address."""
    key = email_key(email)
    for model in SIGN_IN_MODELS:
        tries = model.objects.values_list("pk", "username")
        own = [pk for pk, username in tries if names_address(username or "", key)]
        model.objects.filter(pk__in=own).delete()
    LinkRequest.objects.filter(email_key=key).delete()
    # An error's message may quote a row; the log has had its frames
    DBTaskResult.objects.exclude(traceback="").update(traceback="")
    forget_messages(key)


def forget_messages(key: str) -> None:
    """Drop what an administrator has been told about an address and not read yet."""
    for session in Session.objects.all():
        data = session.get_decoded()
        if names_address(json.dumps(data, ensure_ascii=False), key):
            data.pop(SessionStorage.session_key, None)
            Session.objects.filter(pk=session.pk).update(session_data=SessionStore().encode(data))


def clear_caches() -> None:
    """Delete the copies of pages on the disk, and what SQLite's log holds of earlier rows."""
    clear()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
