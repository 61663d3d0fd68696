"""Links by email that anybody may ask for: to see their data, or to reset a password."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from vasite.forms.spam.traces import Mark, count_traces, email_mark, leave_traces, network_mark
from vasite.home.models import LinkRequest
from vasite.home.tasks import send_requested_links
from vasite.serving.locks import lock_for_transaction
from vasite.serving.queue import enqueue_once

MAX_OF_A_NETWORK = 10  # an hour, for each purpose
TOO_MANY = (
    "Too many links have been asked for from your network. Nothing was sent. Try again in an hour."
)


def request_link(request: HttpRequest, purpose: LinkRequest.Purpose, email: str) -> bool:
    """Let the worker send a link to an address, once an hour; whether it is known is not looked at.

    Returns False, and sends nothing, if too many were asked for from the same network.
    """
    marks = {
        "address": Mark(email_mark(f"{purpose} link", email), minutes=60),
        "network": Mark(network_mark(f"{purpose} link", request), minutes=60),
    }
    with transaction.atomic():
        for mark in marks.values():
            lock_for_transaction(f"link {mark.value}")
        counts = count_traces(marks)
        if counts["network"] >= MAX_OF_A_NETWORK:
            return False
        leave_traces({"network": marks["network"]})
        if not counts["address"]:
            leave_traces({"address": marks["address"]})
            LinkRequest.objects.create(purpose=purpose, email=email)
            enqueue_once(send_requested_links)
    return True
