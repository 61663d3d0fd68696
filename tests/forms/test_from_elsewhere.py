"""A form that seems to come from another site is shown to its sender again, not refused barely."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.test import Client

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from tests.conftest import SmallSite
from tests.forms.test_keeping import ENQUIRY

ELSEWHERE = [
    pytest.param({"Origin": "null"}, id="a saved page"),
    pytest.param({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, id="a sandbox"),
    pytest.param({"Origin": "https://site-test.translate.goog"}, id="a translation"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a privacy setting"),
]


def pass_in(page: str) -> str:
    found = re.search(r'name="pass" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_visitor_sees_all_that_was_typed_and_sends_it_by_a_button(
    client: Client, site: SmallSite, headers: dict[str, str]
) -> None:
    answer = client.post("/contact/", ENQUIRY, headers=headers)
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "no-store"
    assert not Enquiry.objects.exists()
    assert "Could you take over\nmy mail?</textarea>" in answer.text
    assert 'value="Hannah &lt;b&gt;Cole&lt;/b&gt;"' in answer.text
    assert 'name="service" value="inbox"' in answer.text
    assert 'action="http://testserver/contact/"' in answer.text
    # The browser may say the same of the page that it is shown on.
    again = ENQUIRY | {"pass": pass_in(answer.text)}
    assert client.post("/contact/", again, headers=headers).status_code == 303
    assert Enquiry.objects.get().message == ENQUIRY["message"]


def test_reader_gets_comment_and_address_back(client: Client, site: SmallSite) -> None:
    words = {"name": "Priya", "email": "p@example.com", "comment": "Well said."}
    headers = {"Origin": "null"}
    answer = client.post(f"/comments/{site.post.pk}/", words, headers=headers)
    assert "Well said.</textarea>" in answer.text
    answer = client.post("/newsletter/", {"email": "p@example.com"}, headers=headers)
    assert 'value="p@example.com"' in answer.text
    assert not Comment.objects.exists()
    assert not Subscriber.objects.exists()
    answer = client.post("/comments/moderate/token/", {"answer": "Thank you."}, headers=headers)
    assert "Thank you.</textarea>" in answer.text


def test_another_site_cannot_fetch_a_pass_for_its_visitors(client: Client, site: SmallSite) -> None:
    headers = {"Origin": "https://evil.example"}
    stolen = client.post("/contact/", ENQUIRY, headers=headers, REMOTE_ADDR="198.51.100.7").text
    for value in (pass_in(stolen), "", "nonsense", pass_in(stolen)[:-1]):
        answer = client.post(
            "/contact/", ENQUIRY | {"pass": value}, headers=headers, REMOTE_ADDR="203.0.113.9"
        )
        assert answer.status_code == 403
    with time_machine.travel("2030-01-01T12:00Z") as clock:
        late = pass_in(client.post("/contact/", ENQUIRY, headers=headers).text)
        clock.shift(3601)
        answer = client.post("/contact/", ENQUIRY | {"pass": late}, headers=headers)
        assert answer.status_code == 403
    assert not Enquiry.objects.exists()
