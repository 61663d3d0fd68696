"""A prospect searches the site."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from services.models import ServicePage, ServicesIndexPage
from tests.conftest import SmallSite
from vasite.content.tasks import count_words
from vasite.home.demo.pages import paragraphs
from vasite.home.search.excerpts import excerpt


@pytest.fixture
def library(site: SmallSite) -> SmallSite:
    """The small site with a few words to find."""
    site.post.title = "Asking for money"
    site.post.body = [paragraphs("A late invoice is seldom bad will. " + "More words. " * 40)]
    site.post.save()
    services = site.service.get_parent()
    services.add_child(instance=ServicePage(title="Invoices", introduction="Sent on the day."))
    call_command("update_index", verbosity=0)
    count_words.call()
    return site


def titles(client: Client, **query: str) -> list[str]:
    answer = client.get("/search/", query)
    assert answer.status_code == 200
    return re.findall(r'<h2><a href="[^"]*">(.*?)</a></h2>', answer.text)


def test_it_works(client: Client, library: SmallSite) -> None:
    # Both numbers are found, and a title weighs more than the text.
    assert titles(client, q="invoices") == ["Invoices", "Asking for money"]
    assert titles(client, q="INVOICE") == ["Invoices", "Asking for money"]
    page = client.get("/search/?q=invoice").text
    assert "2 pages found for “<bdi>invoice</bdi>”." in page
    assert "A late <mark>invoice</mark> is seldom bad will." in page
    assert '<meta name="robots" content="noindex">' in page


def test_all_words_must_be_there(client: Client, library: SmallSite) -> None:
    assert titles(client, q="invoice seldom") == ["Asking for money"]
    assert titles(client, q="invoice unicorn") == []


def test_visitor_who_types_one_letter_is_asked_for_a_word(
    client: Client, library: SmallSite
) -> None:
    assert titles(client, q="a") == []
    assert "Type a whole word." in client.get("/search/?q=a").text
    assert client.get("/search/suggest/?q=a").json() != []  # which grow with each letter


def test_results_can_be_kept_to_a_kind(client: Client, library: SmallSite) -> None:
    assert titles(client, q="invoice", kind="posts") == ["Asking for money"]
    assert titles(client, q="invoice", kind="services") == ["Invoices"]
    assert titles(client, q="contact", kind="pages") == ["Contact"]
    assert titles(client, q="invoice", kind="nonsense") == ["Invoices", "Asking for money"]


def test_a_mistyped_word_gets_a_suggestion(client: Client, library: SmallSite) -> None:
    page = client.get("/search/?q=late+invoyce").text
    assert 'Did you mean <a href="?q=late%20invoice">late invoice</a>?' in page
    assert "Did you mean" not in client.get("/search/?q=qqqqqqqq").text


def test_drafts_and_private_pages_are_not_found(client: Client, library: SmallSite) -> None:
    library.post.unpublish()
    assert titles(client, q="seldom") == []


ODD = ["", "   ", "\x00", "' OR 1=1 --", '"', "*", "(", "NEAR(a b)", "a AND", "title:x", "-", "^x"]


@pytest.mark.parametrize(
    "query", [*ODD, "{title} : x", "مرحبا", "👋", "x" * 10_000, "word " * 2_000]
)
def test_any_query_is_answered_kindly(client: Client, library: SmallSite, query: str) -> None:
    for address in ("/search/", "/search/suggest/"):
        assert client.get(address, {"q": query}).status_code == 200
    assert client.get("/search/", {"q": query, "page": "x"}).status_code == 404


def test_suggestions_come_while_somebody_types(client: Client, library: SmallSite) -> None:
    answer = client.get("/search/suggest/?q=inv")
    assert answer.json() == [{"title": "Invoices", "url": "/services/invoices/"}]
    assert answer["X-Robots-Tag"] == "noindex"
    assert client.get("/search/suggest/?q=").json() == []


@given(text=st.text(max_size=400), query=st.text(max_size=40))
def test_an_excerpt_never_holds_markup_of_its_own(text: str, query: str) -> None:
    html = str(excerpt(text, query))
    assert not re.search(r"<(?!/?mark>)", html)
    assert html.count("<mark>") == html.count("</mark>")


def test_a_word_that_was_typed_as_two_is_suggested_as_one(client: Client, site: SmallSite) -> None:
    site.service.title = "Bookkeeping"
    site.service.save()
    call_command("update_index", verbosity=0)
    assert '<a href="?q=bookkeeping">' in client.get("/search/?q=book+keeping").text


def test_the_phone_is_found_as_the_telephone(client: Client, site: SmallSite) -> None:
    site.service.introduction = "I answer your telephone"
    site.service.save()
    call_command("update_index", verbosity=0)
    for word in ("phone", "phones", "Phone’s"):
        assert "/services/inbox/" in client.get("/search/", {"q": word}).text


def test_nothing_found_leads_to_the_services_wherever_they_are(
    client: Client, site: SmallSite
) -> None:
    assert 'Or see <a href="/services/">' in client.get("/search/?q=qqqqqqqq").text
    page = ServicesIndexPage.objects.get()
    page.slug = "what-i-do"
    page.save_revision().publish()
    assert 'Or see <a href="/what-i-do/">' in client.get("/search/?q=qqqqqqqq").text
    page.unpublish()
    assert "Or see" not in client.get("/search/?q=qqqqqqqq").text
