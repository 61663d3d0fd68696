"""Nobody fills the disk with words, and nobody's words are lost for it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber, SubscriberEvent
from tests.conftest import SmallSite
from tests.security.conftest import solve
from vasite.forms.text_quota import MESSAGE_BYTES

LIMIT = 5  # messages of few words


@pytest.fixture(autouse=True)
def _little_room(settings: Any) -> None:
    settings.TEXT_BYTES_PER_HOUR = (LIMIT + 1) * MESSAGE_BYTES - 1


def enquire(site: SmallSite, number: int, words: str = "") -> tuple[str, dict[str, str]]:
    fields = {"name": f"Hannah {number}", "phone": "01632 960733"}
    return "/contact/", fields | {"message": f"Could you look after diary {number}? {words}"}


def comment(site: SmallSite, number: int, words: str = "") -> tuple[str, dict[str, str]]:
    text = f"Number {number} says thank you. {words}"
    return f"/comments/{site.post.pk}/", {"name": "Priya", "comment": text}


def subscribe(site: SmallSite, number: int, words: str = "") -> tuple[str, dict[str, str]]:
    return "/newsletter/subscribe/", {}


def send(cause: Any, site: SmallSite, number: int, address: str = "", words: str = "") -> Any:
    path, fields = cause(site, number, words)
    fields |= {"email": f"hannah{number}@example.com", "altcha": solve()}
    return Client().post(path, fields, REMOTE_ADDR=address or f"198.51.100.{number}")


FORMS = [
    pytest.param(enquire, Enquiry, id="enquiry"),
    pytest.param(comment, Comment, id="comment"),
    pytest.param(subscribe, Subscriber, id="subscription"),
]


@pytest.mark.parametrize(("cause", "model"), FORMS)
def test_network_that_has_sent_too_much_gets_all_its_words_back_until_the_hour_is_over(
    site: SmallSite, cause: Any, model: Any
) -> None:
    assert [send(cause, site, number).status_code for number in range(LIMIT)] == [303] * LIMIT
    refused = send(cause, site, LIMIT)
    assert refused.status_code == 429
    assert (refused["Retry-After"], refused["Cache-Control"]) == ("3600", "no-store")
    path, fields = cause(site, LIMIT)
    for words in (*fields.values(), f"hannah{LIMIT}@example.com", "Send it again", "in an hour"):
        assert words in refused.text
    assert f'action="{path}"' in refused.text
    assert model.objects.count() == LIMIT
    assert send(cause, site, 10, address="203.0.113.5").status_code == 303, "other people may"
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert send(cause, site, LIMIT).status_code == 303
    assert model.objects.count() == LIMIT + 2


def test_long_words_count_as_the_bytes_that_they_take(site: SmallSite) -> None:
    long = {"words": "😀" * 4900, "address": "198.51.100.7"}
    assert [send(enquire, site, number, **long).status_code for number in range(3)] == [
        *[303] * 2,  # of 10,000 and 19,600 bytes each
        429,
    ]
    assert send(enquire, site, 9, address="198.51.100.7").status_code == 429
    assert Enquiry.objects.count() == 2


def test_forms_count_together_and_what_is_not_stored_is_not_counted(site: SmallSite) -> None:
    for _ in range(3):
        assert send(enquire, site, 0).status_code == 303  # the same message, pressed again
        assert Client().post("/contact/", {"name": "Hannah"}).status_code == 422
    assert send(comment, site, 1).status_code == send(subscribe, site, 2).status_code == 303
    for number in (3, 4):
        assert send(comment, site, number).status_code == 303
    assert send(subscribe, site, 5).status_code == 429


def test_subscriber_cannot_choose_for_ever(site: SmallSite) -> None:
    subscriber = Subscriber.objects.create(email="ann@example.com", status="confirmed")
    path = subscriber.preferences_url.partition("127.0.0.1")[2].lstrip(":0123456789")
    for number in range(LIMIT + 1):
        answer = Client().post(path, {"name": f"Ann {number}", "rhythm": "weekly"})
        assert answer.status_code == (303 if number < LIMIT else 429)
    assert f'value="Ann {LIMIT}"' in answer.text
    assert SubscriberEvent.objects.count() == LIMIT
    subscriber.refresh_from_db()
    assert subscriber.name == f"Ann {LIMIT - 1}"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_messages_at_the_same_moment_stay_within_the_limit(site: SmallSite) -> None:
    statuses: list[int] = []
    barrier = threading.Barrier(LIMIT + 3)

    def write(number: int) -> None:
        barrier.wait()
        try:
            statuses.append(send(enquire, site, number).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(LIMIT + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [*[303] * LIMIT, *[429] * 3]
    assert Enquiry.objects.count() == LIMIT
