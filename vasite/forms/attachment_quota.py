"""How many bytes of attachments strangers may store: of a network, in an hour and in all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import HttpRequest

from vasite.forms.spam.judging import Verdict
from vasite.forms.spam.traces import Mark, leave_traces, mark_of, network_mark, sum_traces
from vasite.forms.submissions import Label
from vasite.serving.locks import lock_for_transaction


class Refusal(models.TextChoices):
    """Why attachments were not stored; the label completes "…, because"."""

    SUSPECTED = "suspected", "the message looked like an advertisement or the work of a program"
    BUSY = "busy", "more is arriving than this site takes in an hour"
    FULL = "full", "this site has no room left for files"


def refuse_attachments(
    request: HttpRequest,
    verdict: Verdict,
    files: Iterable[UploadedFile],
    *,
    stored_bytes: Callable[[], int],
) -> str:
    """Return the Refusal of a message's attachments, or "" after counting those that are stored.

    Takes a function that returns how many bytes are stored in all. Needs the transaction that
    stores the files.
    """
    size = sum(file.size or 0 for file in files)
    if not size:
        return ""
    if verdict.label == Label.SPAM:
        return Refusal.SUSPECTED
    if verdict.is_over_rate:
        return Refusal.BUSY
    marks = {
        "network": Mark(network_mark("attachments", request), minutes=60),
        "hour": Mark(mark_of("attachments", "all"), minutes=60),
    }
    limits = settings.ATTACHMENT_BYTES
    lock_for_transaction("attachments")
    if any(sum_traces(mark) + size > limits[name] for name, mark in marks.items()):
        return Refusal.BUSY
    if stored_bytes() + size > limits["total"]:
        return Refusal.FULL
    leave_traces(marks, amount=size)
    return ""
