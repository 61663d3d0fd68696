"""An old address leads to the new one in one step, whatever it looks like, and to no other host."""

from __future__ import annotations

import unicodedata

import pytest
from django.test import Client
from wagtail.contrib.redirects.models import Redirect

from tests.conftest import SmallSite
from tests.deploy.fronts import DEPLOY
from tests.pagecache.conftest import Visitors, new_layer, visit  # noqa: F401 - fixtures
from vasite.seo.redirects import CAMPAIGN, FEEDS

ELSEWHERE = "https://shop.example.com/"


@pytest.mark.parametrize(
    ("old", "asked", "leads_to"),
    [
        ("/?p=42", "/?p=42", "/about/"),
        ("/?p=42", "/?p=42&utm_source=mail", "/about/?utm_source=mail"),
        ("/?p=42", "/?p=43", None),
        ("/?p=42", "/", None),
        ("/?attachment_id=9", "/?attachment_id=9", "/about/"),
        ("/blog/?p=5", "/blog/?p=5", "/about/"),
        ("/contact?old=1", "/contact/?old=1", "/about/"),
        ("/with space/", "/with%20space/", "/about/"),
        ("/with%20space", "/with%20space", "/about/"),
        ("/uploads/my file (1).jpg", "/uploads/my%20file%20%281%29.jpg", "/about/"),
        ("/q?b=2&a=1", "/q?b=2&a=1", "/about/"),
        ("/q?b=2&a=1", "/q/?a=1&b=2", "/about/"),
        ("/emp?x=", "/emp?x=", "/about/"),
        ("/search-me?q=a+b", "/search-me/?q=a%20b", "/about/"),
        ("/café/", "/caf%C3%A9/", "/about/"),
        ("/caf%C3%A9/", "/caf%c3%a9", "/about/"),
        (unicodedata.normalize("NFD", "/café/"), "/caf%C3%A9/", "/about/"),
        ("/café/", "/cafe%CC%81/", "/about/"),
        ("/search-me?q=café", "/search-me?q=cafe%CC%81", "/about/"),
        ("/caf%E9/", "/caf%E9/", "/about/"),  # Latin-1, as in addresses of older sites
        ("/caf%E9/?p=1", "/caf%e9?p=1", "/about/"),
        ("/%A3-prices/", "/%a3-prices", "/about/"),
        ("/old/?id=123", "/old/?id=123", "/about/"),
        ("/old", "/old?utm_source=a&utm_medium=b", "/about/?utm_source=a&utm_medium=b"),
        ("/50%25-off/", "/50%25-off/", "/about/"),
        ("/what%3F/", "/what%3F/", "/about/"),
        ("/a//b/", "/a//b/", "/about/"),
        ("/page;b=2;a=1", "/page;b=2;a=1", "/about/"),
        ("/page;b=2;a=1", "/page;a=1;b=2/", "/about/"),
        ("/shop/;b;a?p=1", "/shop/;a;b?p=1", "/about/"),
        ("/page;b;a", "/page%3Ba;b", "/about/"),
        ("/services;a", "/services/", None),
        ("/services/", "/services/", "/about/"),  # a page that is still there
    ],
)
def test_a_reader_with_an_old_address_arrives_in_one_step(
    visit: Visitors,  # noqa: F811 - the fixture
    old: str,
    asked: str,
    leads_to: str | None,
) -> None:
    for path in ("/", "/blog/", "/services/", "/contact/"):
        assert visit(path).status == 200  # and is cached from now on
    Redirect.add_redirect(old, "/about/")
    answer = visit(asked)
    assert answer.headers.get("Location") == leads_to
    assert answer.status == (301 if leads_to else 200)


def test_the_more_precise_redirect_wins(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/old", "/a/")
    Redirect.add_redirect("/old?id=1", "/b/")
    Redirect.add_redirect("/old?id=1&page=2", "/c/?x=1#top")
    assert client.get("/old/")["Location"] == "/a/"
    assert client.get("/old/?id=1")["Location"] == "/b/"
    assert client.get("/old/?page=2&id=1")["Location"] == "/c/?x=1#top"
    assert client.get("/old/?page=2&id=1&y=2")["Location"] == "/c/?x=1&y=2#top"


def test_a_redirect_may_be_for_a_time_only(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/offer", "/services/", is_permanent=False)
    Redirect.add_redirect("/first", "/offer")
    assert client.get("/offer/").status_code == 302
    assert client.get("/first/").status_code == 302  # the end of the way may change


def test_redirects_that_lead_in_a_circle_are_ignored(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/services", "/services/")
    Redirect.add_redirect("/a", "/b/")
    Redirect.add_redirect("/b", "/a/")
    assert client.get("/services/").status_code == 200
    assert client.get("/a/").status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "/Services/",
        "/a/../services/",
        "/a/%2e%2E/services/",
        "/%2e/services/",
        "HTTP://127.0.0.1:8000/services/",
        "https://127.0.0.1:8000/services/",
        "HTTPS://127.0.0.1:8000/a/%2e./services/",
        "http://www.127.0.0.1:8000/services/",
        "http://127.0.0.1.:8000/services/",
        "http://owner@127.0.0.1:8000/services/",
    ],
)
def test_a_circle_is_one_however_it_is_spelt(client: Client, site: SmallSite, target: str) -> None:
    Redirect.add_redirect("/services", target)
    assert client.get("/services/").status_code == 200


@pytest.mark.parametrize("path", sorted(FEEDS))
def test_a_reader_program_gets_the_feed_whatever_it_was_redirected_to(
    client: Client, site: SmallSite, path: str
) -> None:
    Redirect.add_redirect("/feed", path)
    assert client.get("/feed/").status_code == 200
    assert client.get(path)["Location"] == "/feed/"


def test_a_page_at_the_address_that_another_left_is_shown(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/blog/on-trust", site.service, automatically_created=True)
    for path in ("/blog/on-trust/", "/blog/on-trust?a=1"):
        answer = client.get(path, follow=True)
        assert "Words about trust" in answer.text
    site.post.unpublish()
    assert client.get("/blog/on-trust")["Location"] == site.service.url


def test_a_redirect_cannot_close_the_admin(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/admin/login", "/about/")
    assert client.get("/admin/login/").status_code == 200


def test_letters_that_mean_something_in_a_web_address_stay_letters(
    client: Client, site: SmallSite
) -> None:
    for path in ("/what%3Fnow", "/c%23", "/100%25"):
        assert client.get(path)["Location"] == f"{path}/"


def test_a_target_with_the_sites_own_host_is_one_step_too(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/b", "/about/")
    Redirect.add_redirect("/a", "http://127.0.0.1:8000/b/?x=1")
    assert client.get("/a/")["Location"] == "/about/?x=1"
    Redirect.add_redirect("/c", "https://www.127.0.0.1:8000/%2e%2e/b/?x=1")
    assert client.get("/c/")["Location"] == "/about/?x=1"
    for other in ("http://127.0.0.1:9000/b/", "http://127.0.0.1/b/", "http://wwww.127.0.0.1:8000/"):
        Redirect.objects.filter(old_path="/c").update(redirect_link=other)
        assert client.get("/c/")["Location"] == other


def test_two_slashes_behind_the_sites_own_host_name_no_other_host(
    client: Client, site: SmallSite
) -> None:
    Redirect.add_redirect("/a", "http://127.0.0.1:8000//evil.example/b")
    assert client.get("/a/")["Location"] == "/%2Fevil.example/b"


@pytest.mark.parametrize("target", ["/about/", ELSEWHERE, "/about/?a=1#b"])
def test_the_owner_types_where_an_address_leads(client: Client, va: Client, target: str) -> None:
    form = {"old_path": "/?p=7", "redirect_link": target, "is_permanent": "on"}
    assert va.post("/admin/redirects/add/", form).status_code == 302
    assert Redirect.objects.get().link == target


@pytest.mark.parametrize("target", ["about", "//evil.example/", "/two words/", "javascript:x"])
def test_a_target_that_leads_nowhere_is_refused(va: Client, target: str) -> None:
    form = {"old_path": "/?p=7", "redirect_link": target, "is_permanent": "on"}
    answer = va.post("/admin/redirects/add/", form)
    assert "Enter a path on this site, such as /about/" in answer.text
    assert not Redirect.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["/media/price-list.pdf", "/static/old.css", "/admin/", "http://127.0.0.1:8000/media/x.pdf"],
)
def test_an_address_of_which_no_redirect_would_ever_be_used_is_refused(
    va: Client, address: str
) -> None:
    form = {"old_path": address, "redirect_link": "/about/", "is_permanent": "on"}
    answer = va.post("/admin/redirects/add/", form)
    assert "/media/ or /static/ can’t be redirected" in answer.text
    assert not Redirect.objects.exists()
    va.post("/admin/redirects/add/", form | {"old_path": "/mediation/"})
    assert Redirect.objects.exists()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/?utm_source=flyer", "utm_source"),
        ("/offer/?utm_id=1&fbclid=2", "utm_id"),
        ("/offer/?p=1&mc_eid=2", "mc_eid"),
        ("http://127.0.0.1:8000/offer/?gclid=1", "gclid"),
    ],
)
def test_an_address_is_refused_with_what_a_cache_in_front_leaves_out(
    va: Client, address: str, name: str
) -> None:
    form = {"old_path": address, "redirect_link": "/about/", "is_permanent": "on"}
    assert f"Leave out “{name}”" in va.post("/admin/redirects/add/", form).text
    assert not Redirect.objects.exists()


@pytest.mark.parametrize("name", ["nginx.conf", "varnish.vcl"])
def test_every_front_leaves_out_the_same(name: str) -> None:
    assert CAMPAIGN.pattern in (DEPLOY / name).read_text()


@pytest.mark.parametrize("address", ["http://[", "//[x", "https://exa]mple/old/"])
def test_an_address_that_nobody_can_read_is_refused_in_words(va: Client, address: str) -> None:
    form = {"old_path": address, "redirect_link": "/about/", "is_permanent": "on"}
    assert "That is no web address" in va.post("/admin/redirects/add/", form).text
    assert not Redirect.objects.exists()
