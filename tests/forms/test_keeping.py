"""The database or the page is gone while somebody sends a form: nothing of it is lost."""

import pytest
from django.test import Client
from wagtail.contrib.redirects.models import Redirect

from contact.models import Enquiry
from newsletter.models import Comment
from tests.conftest import SmallSite
from tests.refusing import refused

ENQUIRY = {
    "name": "Hannah <b>Cole</b>",
    "email": "hannah@example.com",
    "phone": "01632 960733",
    "service": "inbox",
    "message": "Could you take over\nmy mail?",
}


def test_visitor_gets_it_all_back_and_a_way_to_ring(client: Client, site: SmallSite) -> None:
    client.get("/contact/")  # in life, this page came from the same process
    with refused(Enquiry, is_out_of_order=True):
        answer = client.post("/contact/", ENQUIRY)
    assert answer.status_code == 503
    assert answer["Cache-Control"] == "no-store"
    assert "nobody has received this" in answer.text
    assert "owner@example.com" in answer.text
    assert "Could you take over\nmy mail?</textarea>" in answer.text
    assert 'value="Hannah &lt;b&gt;Cole&lt;/b&gt;"' in answer.text
    assert 'name="service" value="inbox"' in answer.text
    assert client.post("/contact/", ENQUIRY).status_code == 303
    assert Enquiry.objects.get().message == ENQUIRY["message"]


def test_reader_gets_the_comment_back(client: Client, site: SmallSite) -> None:
    words = {"name": "Priya", "email": "p@example.com", "comment": "Well said.", "parent": ""}
    with refused(Comment, is_out_of_order=True):
        answer = client.post(f"/comments/{site.post.pk}/", words)
    assert answer.status_code == 503
    assert "Well said.</textarea>" in answer.text
    assert f'action="/comments/{site.post.pk}/"' in answer.text


@pytest.mark.parametrize("how", ["unpublished", "deleted"])
def test_visitor_whose_form_was_taken_away_meanwhile_gets_it_all_back(
    client: Client, site: SmallSite, how: str
) -> None:
    for page in (site.contact, site.post, site.newsletter):
        page.unpublish() if how != "deleted" else page.delete()
    answer = client.post("/contact/?service=inbox", ENQUIRY)
    assert answer.status_code == 404
    assert "nobody has received this" in answer.text
    assert "owner@example.com" in answer.text
    assert "Could you take over\nmy mail?</textarea>" in answer.text
    words = {"name": "Priya", "email": "p@example.com", "comment": "Well said.", "parent": ""}
    answer = client.post(f"/comments/{site.post.pk}/", words)
    assert answer.status_code == 404
    assert "Well said.</textarea>" in answer.text
    answer = client.post("/newsletter/subscribe/", {"email": "p@example.com"})
    assert answer.status_code == 404
    assert 'value="p@example.com"' in answer.text


def test_visitor_whose_form_made_way_for_a_page_without_one_gets_it_all_back(
    client: Client, site: SmallSite
) -> None:
    answer = client.post("/blog/", ENQUIRY)
    assert answer.status_code == 404
    assert "Could you take over\nmy mail?</textarea>" in answer.text


def test_visitor_whose_form_moved_meanwhile_sends_it_to_where_it_is(
    client: Client, site: SmallSite
) -> None:
    site.contact.slug = "write-to-me"
    site.contact.save()
    Redirect.add_redirect("/contact", site.contact, automatically_created=True)
    answer = client.post("/contact/", ENQUIRY)
    assert (answer.status_code, answer["Location"]) == (307, "/write-to-me/")
    answer = client.post("/contact/", ENQUIRY, follow=True)
    assert answer.status_code == 200
    assert Enquiry.objects.get().message == ENQUIRY["message"]


def test_what_was_typed_follows_no_redirect_to_another_site(
    client: Client, site: SmallSite
) -> None:
    site.contact.delete()
    Redirect.add_redirect("/contact/", "https://forms.example/", is_permanent=True)
    answer = client.post("/contact/", ENQUIRY)
    assert answer.status_code == 404
    assert "Could you take over\nmy mail?</textarea>" in answer.text


def test_a_password_for_a_page_that_is_gone_is_never_shown(client: Client, site: SmallSite) -> None:
    answer = client.post("/gone/", {"name": "Ada", "password": "secret-word"})
    assert answer.status_code == 404
    assert "secret-word" not in answer.text
    assert "Page not found" in answer.text
