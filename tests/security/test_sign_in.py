"""Signing in and forgotten passwords, under attack."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from contact.models import Enquiry
from tests.conftest import SmallSite
from tests.security.conftest import ip_address
from vasite.home.models import LinkRequest
from vasite.home.tasks import send_requested_links
from vasite.mail.models import OutgoingMail
from vasite.serving.tasks import forget_sign_in_attempts

Work = Callable[[], None]


def sign_in(address: str, word: str = "wrong") -> int:
    fields = {"username": "owner", "password": word}
    return Client().post("/admin/login/", fields, REMOTE_ADDR=address).status_code


@pytest.fixture
def owner(site: SmallSite) -> Any:
    return get_user_model().objects.create_superuser("owner", "owner@example.com", "secret")


@pytest.mark.parametrize(
    ("one_network", "elsewhere"),
    [
        pytest.param("2001:db8:1:2::{}", "2001:db8:2::1", id="a /64 of IPv6"),
        pytest.param("2001:db8:1:{0}:{0}:{0}:{0}:{0}", "2001:db8:2::1", id="all over a /48"),
        pytest.param("198.51.100.7", "198.51.101.7", id="an address of IPv4"),
        pytest.param("198.51.100.{}", "198.51.101.7", id="all over a /24"),
        pytest.param("::ffff:198.51.100.{}", "::ffff:198.51.101.7", id="IPv4 in IPv6's writing"),
    ],
)
def test_whoever_tries_passwords_is_stopped_in_their_network_and_nobody_elsewhere_is(
    owner: Any, one_network: str, elsewhere: str
) -> None:
    answers = [sign_in(one_network.format(number)) for number in range(1, 9)]
    assert answers == [*[200] * 4, *[429] * 4]
    assert sign_in(one_network.format(99), "secret") == 429
    assert sign_in(elsewhere, "secret") == 302


def test_visitors_by_ipv4_are_not_one_network_to_a_server_that_listens_on_ipv6(
    site: SmallSite,
) -> None:
    for number in range(25):
        fields = {
            "name": f"N {number}",
            "email": f"n{number}@example.com",
            "message": f"Could you keep diary {number} for me?",
        }
        Client().post("/contact/", fields, REMOTE_ADDR=f"::ffff:{ip_address(number)}")
    assert set(Enquiry.objects.values_list("verdict", flat=True)) == {"ham"}


def test_failed_sign_ins_are_forgotten_after_a_day(owner: Any) -> None:
    sign_in("198.51.100.7")
    assert forget_sign_in_attempts.func() == 0
    assert AccessAttempt.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert forget_sign_in_attempts.func() == 1
    assert not AccessAttempt.objects.exists()


def forget_password(email: str, number: int = 0) -> Any:
    fields = {"email": email}
    return Client().post("/admin/password_reset/", fields, REMOTE_ADDR=ip_address(number))


def test_a_forgotten_password_is_replaced_by_the_link_in_the_email(owner: Any, work: Work) -> None:
    assert forget_password("Owner@example.com")["Location"] == "/admin/password_reset/done/"
    work()
    mail = OutgoingMail.objects.get()
    assert mail.recipients == ["owner@example.com"]
    assert not LinkRequest.objects.exists()
    path = mail.text.split("http://127.0.0.1:8000")[1].split()[0]
    client = Client()
    form = client.get(path, follow=True)
    fields = {"new_password1": "green-pears-9", "new_password2": "green-pears-9"}
    client.post(form.redirect_chain[-1][0], fields)
    assert sign_in("198.51.100.7", "green-pears-9") == 302


def test_the_owners_inbox_is_not_filled_by_asking_for_new_passwords(owner: Any, work: Work) -> None:
    for number in range(15):
        assert forget_password("owner@example.com", number).status_code == 302
        work()
    assert OutgoingMail.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        forget_password("owner@example.com")
        work()
    assert OutgoingMail.objects.count() == 2


@pytest.mark.parametrize("path", ["/admin/password_reset/", "/privacy/your-data/"])
def test_a_network_that_asks_for_too_many_links_is_told_so(site: SmallSite, path: str) -> None:
    answers = [
        Client().post(path, {"email": f"n{number}@example.com"}, REMOTE_ADDR="198.51.100.7")
        for number in range(11)
    ]
    assert {answer.status_code for answer in answers[:10]} <= {302, 303}
    assert "Too many links have been asked for from your network" in answers[10].text
    assert 'value="n10@example.com"' in answers[10].text
    assert LinkRequest.objects.count() == 10


@pytest.mark.parametrize("path", ["/admin/password_reset/", "/privacy/your-data/"])
def test_the_work_and_the_response_are_the_same_for_a_known_and_an_unknown_address(
    owner: Any, path: str
) -> None:
    enquiry = Enquiry(name="Ann", email="owner@example.com", message="Hello")
    enquiry.set_content("Hello")
    enquiry.save()
    done = {}
    for email in ("owner@example.com", "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = Client().post(path, {"email": email}, REMOTE_ADDR=ip_address(len(done)))
        statements = [
            re.split(' WHERE | VALUES | "s\\d|_lock', query["sql"])[0] for query in queries
        ]
        done[email] = (answer.status_code, answer["Location"], answer.content, statements)
        LinkRequest.objects.all().delete()
        DBTaskResult.objects.all().delete()
    assert done["owner@example.com"] == done["nobody@example.com"]
    assert not OutgoingMail.objects.exists()


def test_a_request_that_cannot_be_met_holds_up_no_other(
    owner: Any, work: Work, settings: Any
) -> None:
    LinkRequest.objects.create(purpose="data", email="a\nb@example.com")
    LinkRequest.objects.create(purpose="no such", email="nobody@example.com")
    forget_password("owner@example.com")
    work()
    assert OutgoingMail.objects.get().recipients == ["owner@example.com"]
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        send_requested_links.func()
    assert not LinkRequest.objects.exists()
