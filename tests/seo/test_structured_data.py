"""Search engines read what a page is, and nothing that it does not show."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import BlogPostPage
from newsletter.models import Comment
from services.models import AreaPage
from tests.conftest import SmallSite
from tests.seo.schema import faults, graph_of
from vasite.characters import clean_text
from vasite.home.models import HomePage

Nodes = dict[str, dict[str, Any]]


def nodes_of(client: Client, path: str) -> Nodes:
    nodes = graph_of(client.get(path).text)
    assert list(faults(nodes)) == []
    return {node["@type"]: node for node in nodes}


@pytest.mark.django_db
def test_every_page_of_the_demo_follows_the_rules(client: Client) -> None:
    call_command("demo", verbosity=0)
    area = AreaPage(title="Virtual assistant in Malvern", area="Malvern", introduction="On foot.")
    HomePage.objects.get().add_child(instance=area)
    paths = re.findall(r"<loc>https?://[^/]*(.*?)</loc>", client.get("/sitemap.xml").text)
    assert len(paths) > 20
    for path in [*paths, "/blog/category/money/"]:
        nodes = nodes_of(client, path)
        assert {"WebSite", "ProfessionalService"} <= set(nodes), path


def test_a_post_is_a_blog_posting_with_its_comments(client: Client, site: SmallSite, image) -> None:
    site.post.picture = image
    site.post.save()
    comment = Comment(
        page=site.post, name="Priya", email="p@example.com", comment="Well <said> & so."
    )
    comment.set_content("x")
    comment.status = "approved"
    comment.save()
    nodes = nodes_of(client, "/blog/on-trust/")
    post = nodes["BlogPosting"]
    assert post["headline"] == "On trust"
    assert post["author"]["name"] == "Ada"
    assert post["commentCount"] == 1
    assert post["comment"][0]["text"] == "Well <said> & so."
    assert "p@example.com" not in client.get("/blog/on-trust/").text
    crumbs = nodes["BreadcrumbList"]["itemListElement"]
    assert [crumb["name"] for crumb in crumbs] == ["Home", "Blog", "On trust"]


@pytest.mark.django_db
def test_search_engines_learn_how_to_call_whom_and_what_she_looks_like(client: Client) -> None:
    """Google's rules for a local business: a telephone number with its country's code."""
    call_command("demo", verbosity=0)
    home, about = client.get("/").text, nodes_of(client, "/about/")
    business = nodes_of(client, "/")["ProfessionalService"]
    assert business["telephone"] == "+44 1632 960 142"
    assert 'href="tel:+441632960142"' in home
    assert business["logo"] not in business["image"]
    person = business["founder"]
    assert person["name"] == "Eleanor Marsh"
    assert person["url"] == "http://127.0.0.1:8000/about/"
    assert person["image"] == business["image"]
    assert person["jobTitle"]
    assert about["AboutPage"]["url"] == person["url"]
    post = nodes_of(client, BlogPostPage.objects.exclude(cover=None).first().get_url())
    assert post["WebPage"]["primaryImageOfPage"]["url"] == post["BlogPosting"]["image"][0]


def test_pictures_are_named_in_three_ratios(client: Client, site: SmallSite, image, work) -> None:
    site.post.picture = image
    site.post.save()
    work()
    urls = nodes_of(client, "/blog/on-trust/")["BlogPosting"]["image"]
    assert [re.search(r"fill-(\d+x\d+)", url)[1] for url in urls] == [
        "1200x675",
        "1200x900",
        "1200x1200",
    ]


def test_a_service_names_its_prices(client: Client, site: SmallSite) -> None:
    package = {"name": "Ten hours", "amount": 280, "unit": "once", "text": ""}
    site.service.packages = [("package", package)]
    site.service.save()
    hourly, ten = nodes_of(client, "/services/inbox/")["Service"]["offers"]
    assert hourly["priceSpecification"] == {
        "@type": "UnitPriceSpecification",
        "minPrice": "30.00",
        "priceCurrency": "GBP",
        "unitCode": "HUR",
    }
    assert "price" not in hourly  # nobody pays that: it is where the price begins
    assert (ten["name"], ten["price"], ten["priceCurrency"]) == ("Ten hours", "280.00", "GBP")
    assert "priceSpecification" not in ten


def test_questions_are_named_where_they_are_shown(client: Client, site: SmallSite) -> None:
    question = {"question": "How do we start?", "answer": "<p>With a <b>call</b>.</p>"}
    site.service.body = [("faq", {"questions": [question]})]
    site.service.save()
    (entity,) = nodes_of(client, "/services/inbox/")["FAQPage"]["mainEntity"]
    assert entity["name"] == "How do we start?"
    assert entity["acceptedAnswer"]["text"] == "With a call."
    assert "FAQPage" not in nodes_of(client, "/blog/on-trust/")


def test_nothing_is_claimed_that_is_not_shown(client: Client, site: SmallSite) -> None:
    """A business without a town, prices and hours says nothing of them."""
    business = nodes_of(client, "/")["Organization"]
    assert not {"address", "priceRange", "openingHoursSpecification", "areaServed"} & set(business)
    assert nodes_of(client, "/contact/")["ContactPage"]["name"] == "Contact"


@pytest.mark.parametrize("path", ["/search/?q=x", "/contact/thank-you/", "/newsletter/thank-you/"])
def test_pages_that_are_not_indexed_say_nothing(client: Client, site: SmallSite, path: str) -> None:
    page = client.get(path).text
    assert '<meta name="robots" content="noindex">' in page
    assert "application/ld+json" not in page
    assert 'rel="canonical"' not in page


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
    .map(clean_text)
    .filter(str.strip)
)
@pytest.mark.django_db
def test_it_parses_whatever_stands_in_it(client: Client, site: SmallSite, words: str) -> None:
    site.post.title = words[:200] or "x"
    site.post.introduction = words[:300]
    site.post.save(clean=False)
    html = client.get("/blog/on-trust/").text
    (post,) = [node for node in graph_of(html) if node["@type"] == "BlogPosting"]
    assert post["headline"] == site.post.title
