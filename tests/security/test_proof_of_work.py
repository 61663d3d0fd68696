"""A proof of work pays for one message."""

from __future__ import annotations

import threading

import pytest
from altcha import solve_challenge
from django.db import connections
from django.test import Client

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from tests.conftest import SmallSite
from tests.security.conftest import ip_address, solve
from vasite.forms.spam.proof import MAX_TRIES, MIN_TRIES, new_challenge

SPENT = "Its proof of work is false or was used before"


def test_nobody_waits_long_for_want_of_luck() -> None:
    for _ in range(10):
        solution = solve_challenge(new_challenge())
        assert solution is not None
        assert MIN_TRIES <= solution.counter < MAX_TRIES


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("form", ["enquiry", "comment", "subscription", "all three"])
def test_one_proof_sent_many_times_at_once_proves_one_message(site: SmallSite, form: str) -> None:
    proof = solve()
    barrier = threading.Barrier(9)

    def send(number: int) -> None:
        fields = {"name": "Ann", "email": f"ann{number}@example.com", "altcha": proof}
        enquiry = ("/contact/", {"message": f"Could you keep diary {number} for me?"})
        comment = (f"/comments/{site.post.pk}/", {"comment": f"I have diary {number} myself."})
        subscription = ("/newsletter/subscribe/", {})
        path, own = {
            "enquiry": enquiry,
            "comment": comment,
            "subscription": subscription,
            "all three": (enquiry, comment, subscription)[number % 3],
        }[form]
        barrier.wait()
        try:
            Client().post(path, fields | own, REMOTE_ADDR=ip_address(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [*Enquiry.objects.all(), *Comment.objects.all(), *Subscriber.objects.all()]
    assert len(stored) == 9
    assert sum(SPENT in entry.reasons for entry in stored) == 8
