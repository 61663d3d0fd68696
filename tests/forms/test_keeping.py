"""The database is gone while somebody sends a form: nothing of what was typed is lost."""

import pytest
from django.db import OperationalError
from django.test import Client

from contact.models import Enquiry
from newsletter.models import Comment
from tests.conftest import SmallSite

ENQUIRY = {
    "name": "Hannah <b>Cole</b>",
    "email": "hannah@example.com",
    "phone": "01632 960733",
    "service": "inbox",
    "message": "Could you take over\nmy mail?",
}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, **kwargs: object) -> None:
        raise OperationalError

    monkeypatch.setattr(Enquiry, "save", fail)
    monkeypatch.setattr(Comment, "save", fail)


def test_visitor_gets_it_all_back_and_a_way_to_ring(
    client: Client, site: SmallSite, broken: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/contact/")  # in life, this page came from the same process
    answer = client.post("/contact/", ENQUIRY)
    assert answer.status_code == 503
    assert answer["Cache-Control"] == "no-store"
    assert "nobody has received this" in answer.text
    assert "owner@example.com" in answer.text
    assert "Could you take over\nmy mail?</textarea>" in answer.text
    assert 'value="Hannah &lt;b&gt;Cole&lt;/b&gt;"' in answer.text
    assert 'name="service" value="inbox"' in answer.text
    monkeypatch.undo()
    assert client.post("/contact/", ENQUIRY).status_code == 303
    assert Enquiry.objects.get().message == ENQUIRY["message"]


def test_reader_gets_the_comment_back(client: Client, site: SmallSite, broken: None) -> None:
    words = {"name": "Priya", "email": "p@example.com", "comment": "Well said.", "parent": ""}
    answer = client.post(f"/comments/{site.post.pk}/", words)
    assert answer.status_code == 503
    assert "Well said.</textarea>" in answer.text
    assert f'action="/comments/{site.post.pk}/"' in answer.text
