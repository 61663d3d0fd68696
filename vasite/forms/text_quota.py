"""How many bytes of text one network may have the site store in an hour."""

from __future__ import annotations

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest

from vasite.forms.spam.traces import Mark, leave_traces, network_mark, sum_traces
from vasite.serving.locks import lock_for_transaction

MESSAGE_BYTES = 10_000  # what a message takes besides its words: row, history, traces, an email


class TooMuchTextError(Exception):
    """A network has had as much stored within an hour as it may."""


def count_text(request: HttpRequest, form: Form) -> None:
    """Count what a valid form's message takes, in the transaction that stores it.

    Raises TooMuchTextError, which leaves the form unstored and is answered with 429 and all that
    was typed (KeepTypedMiddleware).
    """
    mark = Mark(network_mark("text", request), minutes=60)
    size = MESSAGE_BYTES + sum(len(str(value).encode()) for value in form.cleaned_data.values())
    lock_for_transaction(f"text {mark.value}")
    if sum_traces(mark) + size > settings.TEXT_BYTES_PER_HOUR:
        raise TooMuchTextError
    leave_traces({"network": mark}, amount=size)
