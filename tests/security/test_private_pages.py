"""A page for some visitors only: they get in, and nobody else learns a word of it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

from blog.models import Category
from newsletter.composing import compose
from newsletter.models import Campaign
from tests.conftest import SmallSite
from vasite.home.models import StandardPage
from vasite.pagecache.keeping import KEPT

PASSWORD = "swordfish"
SECRET = "The wedding is in Ledbury."


class Browser:
    """A client that sends a cookie only to the paths it was set for, as browsers do."""

    def __init__(self) -> None:
        self.jar: list[Any] = []

    def ask(self, path: str, data: dict[str, str] | None = None) -> Any:
        client = Client()
        sent = [one for one in self.jar if path.startswith(one["path"])]
        client.cookies = SimpleCookie({one.key: one.value for one in sent})
        answer = client.get(path) if data is None else client.post(path, data)
        self.jar += [one for one in answer.cookies.values() if one not in self.jar]
        return answer


@pytest.fixture
def private(site: SmallSite) -> StandardPage:
    return site.home.add_child(
        instance=StandardPage(
            title="Ledbury plans",
            slug="ledbury",
            introduction=SECRET,
            show_in_menus=True,
        )
    )


@pytest.fixture
def restriction(private: StandardPage) -> PageViewRestriction:
    return PageViewRestriction.objects.create(
        page=private, restriction_type="password", password=PASSWORD
    )


def fill_in(browser: Browser, text: str, **values: str) -> Any:
    """Send the form of a page with everything that it holds."""
    form = re.search(r'<form id="access".*?</form>', text, re.DOTALL)
    assert form, text
    action = re.search(r'action="([^"]+)"', form[0])
    assert action
    hidden = re.findall(r'type="hidden" name="([^"]+)"(?: value="([^"]*)")?', form[0])
    return browser.ask(action[1], dict(hidden) | values)


def test_visitor_who_writes_while_the_page_gets_a_password_keeps_every_word(
    site: SmallSite,
) -> None:
    PageViewRestriction.objects.create(
        page=site.contact, restriction_type="password", password=PASSWORD
    )
    words = {"name": "Hannah", "email": "hannah@example.com", "message": "My diary, please."}
    page = Client().post("/contact/", words | {"question-1f": "From March"})
    assert page.status_code == 404
    assert "nobody has received this" in page.text
    assert "My diary, please.</textarea>" in page.text
    assert "From March</textarea>" in page.text


def test_visitor_with_the_password_gets_in_and_stays_in(
    site: SmallSite, private: StandardPage, restriction: PageViewRestriction
) -> None:
    inner = private.add_child(instance=StandardPage(title="Menu", slug="menu"))
    browser = Browser()
    form = browser.ask("/ledbury/menu/?x=1")
    assert form.status_code == 200
    assert not form.cookies
    wrong = fill_in(browser, form.text, password="shark")
    assert wrong.status_code == 422
    assert not wrong.cookies
    assert 'aria-invalid="true"' in wrong.text
    right = fill_in(browser, form.text, password=PASSWORD)
    assert (right.status_code, right["Location"]) == (303, "/ledbury/menu/?x=1")
    (cookie,) = right.cookies.values()
    assert cookie["path"] == "/ledbury/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert PASSWORD not in cookie.value
    page = browser.ask("/ledbury/")
    assert SECRET in page.text
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    assert not page.cookies
    assert browser.ask(inner.get_url()).status_code == 200
    assert "access" not in browser.ask(inner.get_url()).text.partition("<main")[2][:200]
    assert SECRET not in Browser().ask("/ledbury/").text


def test_form_says_nothing_of_the_page(restriction: PageViewRestriction) -> None:
    answer = Client().get("/ledbury/")
    assert [one for one in ("Ledbury", "wedding", "ledbury-") if one in answer.text] == []
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_private_page_is_not_kept_for_others(restriction: PageViewRestriction) -> None:
    opened = Client()
    opened.cookies = SimpleCookie({"opened-page-1": "x"})
    for client in (Client(), opened):
        answer = client.get("/ledbury/")
        assert KEPT not in answer.wsgi_request.META
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["/", "/search/?q=ledbury", "/search/suggest/?q=ledb", "/feed/", "/sitemap.xml", "/blog/"],
)
def test_private_page_is_named_nowhere(
    private: StandardPage, work: Callable[[], None], path: str
) -> None:
    private.save_revision().publish()
    work()
    PageViewRestriction.objects.create(page=private, restriction_type="password", password=PASSWORD)
    work()
    answer = Client().get(path)
    shown = answer.text.replace("q=ledbury", "").replace('value="ledbury"', "")
    assert "Ledbury plans" not in shown
    assert "/ledbury/" not in shown


def test_private_post_is_in_no_newsletter_that_has_gone_out(site: SmallSite) -> None:
    posts = [("posts", {"heading": "New on the blog", "posts": [site.post]})]
    campaign = Campaign.objects.create(
        subject="News", slug="news", body=posts, status=Campaign.Status.SENT, is_public=True
    )
    paths = (f"/newsletter/{campaign.slug}/", "/newsletter/feed/")
    for path in paths:
        assert "Words about trust" in Client().get(path).text
    PageViewRestriction.objects.create(
        page=Page.objects.get(pk=site.blog.pk), restriction_type="password", password=PASSWORD
    )
    for path in paths:
        answer = Client().get(path)
        assert answer.status_code == 200
        assert "trust" not in answer.text
    assert "trust" not in compose(campaign).text


@pytest.mark.parametrize("way", ["private", "a draft"])
def test_category_that_nobody_may_see_has_no_feed(site: SmallSite, way: str) -> None:
    category = Category.objects.create(name="Ledbury wedding", slug="ledbury")
    site.post.categories = [category]
    site.post.save()
    assert "Ledbury wedding" in Client().get("/feed/ledbury/").text
    if way == "private":
        PageViewRestriction.objects.create(page=site.post, restriction_type="login")
    else:
        site.post.unpublish()
    answer = Client().get("/feed/ledbury/")
    assert answer.status_code == 404
    assert "Ledbury wedding" not in answer.text


def test_private_newsletter_page_is_not_shown_for_a_faulty_address(site: SmallSite) -> None:
    site.newsletter.invitation_text = SECRET
    site.newsletter.save()
    sent = {"email": "reader@nowhere"}
    assert SECRET in Client().post("/newsletter/subscribe/", sent).text
    PageViewRestriction.objects.create(
        page=site.newsletter, restriction_type="password", password=PASSWORD
    )
    answer = Client().post("/newsletter/subscribe/", sent)
    assert SECRET not in answer.text
    assert "reader@nowhere" in answer.text  # which can be mended


def test_changed_password_closes_the_page_again(restriction: PageViewRestriction) -> None:
    browser = Browser()
    fill_in(browser, browser.ask("/ledbury/").text, password=PASSWORD)
    assert SECRET in browser.ask("/ledbury/").text
    restriction.password = "marlin"
    restriction.save()
    assert SECRET not in browser.ask("/ledbury/").text


def test_cookie_of_one_page_opens_no_other(
    site: SmallSite, restriction: PageViewRestriction
) -> None:
    other = PageViewRestriction.objects.create(
        page=Page.objects.get(pk=site.blog.pk), restriction_type="password", password=PASSWORD
    )
    browser = Browser()
    fill_in(browser, browser.ask("/ledbury/").text, password=PASSWORD)
    (cookie,) = browser.jar
    client = Client()
    client.cookies = SimpleCookie({f"opened-page-{other.pk}": cookie.value})
    assert "On trust" not in client.get("/blog/").text


def test_page_in_a_private_page_needs_both_passwords(
    private: StandardPage, restriction: PageViewRestriction
) -> None:
    inner = private.add_child(instance=StandardPage(title="Menu", slug="menu", introduction="Soup"))
    PageViewRestriction.objects.create(page=inner, restriction_type="password", password="soup")
    browser = Browser()
    fill_in(browser, browser.ask("/ledbury/menu/").text, password=PASSWORD)
    again = browser.ask("/ledbury/menu/")
    assert "Soup" not in again.text
    fill_in(browser, again.text, password="soup")
    assert "Soup" in browser.ask("/ledbury/menu/").text


def test_guesses_are_limited_for_a_network_and_for_the_page(
    restriction: PageViewRestriction, private: StandardPage
) -> None:
    path = f"/_util/authenticate_with_password/{restriction.pk}/{private.pk}/"

    def guess(ip: str, words: str = "shark") -> int:
        return Client(REMOTE_ADDR=ip).post(path, {"password": words}).status_code

    assert {guess("192.0.2.7") for _ in range(10)} == {422}
    assert guess("192.0.2.99") == 429
    assert guess("192.0.2.7", PASSWORD) == 429
    assert guess("198.51.100.1", PASSWORD) == 303
    for number in range(90):
        assert guess(f"10.0.{number}.1") == 422
    assert guess("203.0.113.5") == 429
    refused = Client(REMOTE_ADDR="203.0.113.5").post(path, {"password": "shark"})
    assert refused["Retry-After"] == "3600"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_guesses_at_once_no_more_are_judged_than_one_after_another(
    restriction: PageViewRestriction,
) -> None:
    path = reverse("open_page", args=[restriction.pk, restriction.page_id])
    barrier = threading.Barrier(16)

    def guess(number: int) -> int:
        try:
            barrier.wait(timeout=30)
            return Client().post(path, {"password": f"shark {number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as strangers:
        statuses = Counter(strangers.map(guess, range(16)))
    assert statuses == {422: 10, 429: 6}


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/x/"],
)
def test_password_form_leads_to_no_other_place(
    restriction: PageViewRestriction, private: StandardPage, target: str
) -> None:
    path = f"/_util/authenticate_with_password/{restriction.pk}/{private.pk}/"
    answer = Client().post(path, {"password": PASSWORD, "return_url": target})
    assert answer["Location"] == "/ledbury/"


@pytest.mark.parametrize("kind", ["login", "groups"])
def test_member_signs_in_to_a_page(private: StandardPage, kind: str) -> None:
    restriction = PageViewRestriction.objects.create(page=private, restriction_type=kind)
    family = Group.objects.create(name="Family")
    restriction.groups.add(family)
    member = User.objects.create_user("mia", password="long-enough-1")
    member.groups.add(family)
    User.objects.create_user("stranger", password="long-enough-1")
    browser = Browser()
    asked = browser.ask("/ledbury/")
    assert asked.status_code == 302
    form = browser.ask(asked["Location"])
    if kind == "groups":
        refused = fill_in(browser, form.text, username="stranger", password="long-enough-1")
        assert refused.status_code == 422
    assert fill_in(browser, form.text, username="mia", password="x").status_code == 422
    too_long = fill_in(browser, form.text, username="x" * 256, password="x")
    assert too_long.status_code == 422
    assert not AccessAttempt.objects.filter(username__startswith="xx").exists()
    entered = fill_in(browser, form.text, username="mia", password="long-enough-1")
    assert entered["Location"] == "/ledbury/"
    (cookie,) = entered.cookies.values()
    assert cookie["path"] == "/ledbury/"
    assert SECRET in browser.ask("/ledbury/").text
    assert browser.ask("/admin/").status_code == 302
    member.groups.clear()
    assert (SECRET in browser.ask("/ledbury/").text) is (kind == "login")
    member.set_password("another-one-2")
    member.save()
    assert SECRET not in browser.ask("/ledbury/").text


@pytest.mark.parametrize("kind", ["password", "login", "groups"])
def test_owner_opens_a_private_page_from_the_admin(
    va: Client, private: StandardPage, kind: str
) -> None:
    PageViewRestriction.objects.create(page=private, restriction_type=kind, password=PASSWORD)
    answer = va.get(f"/admin/pages/{private.pk}/open/")
    assert answer["Location"] == "/ledbury/"
    client = Client()
    client.cookies = SimpleCookie(
        {name: one.value for name, one in answer.cookies.items() if name.startswith("opened-")}
    )
    assert {one["path"] for one in answer.cookies.values() if one.key != "sessionid"} == {
        "/ledbury/"
    }
    assert SECRET in client.get("/ledbury/").text
    assert SECRET in va.get("/ledbury/").text


def test_someone_without_rights_on_the_page_does_not_open_it(private: StandardPage) -> None:
    PageViewRestriction.objects.create(page=private, restriction_type="password", password=PASSWORD)
    guest = User.objects.create_user("guest")
    guest.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(guest)
    answer = client.get(f"/admin/pages/{private.pk}/open/")
    assert answer["Location"] == "/admin/"
    assert not [name for name in answer.cookies if name.startswith("opened-")]


@pytest.mark.parametrize("kind", ["password", "login"])
def test_visitor_gets_a_private_document(site: SmallSite, kind: str) -> None:
    collection = Collection.get_first_root_node().add_child(name="Clients")
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type=kind, password=PASSWORD
    )
    User.objects.create_user("mia", password="long-enough-1")
    document = Document.objects.create(
        title="Plan", file=ContentFile(SECRET.encode(), "plan.txt"), collection=collection
    )
    browser = Browser()
    asked = browser.ask(document.url)
    if kind == "login":
        asked = browser.ask(asked["Location"])
        values = {"username": "mia", "password": "long-enough-1"}
    else:
        values = {"password": PASSWORD}
    entered = fill_in(browser, asked.text, **values)
    assert [one["path"] for one in entered.cookies.values()] == ["/documents/"]
    assert entered["Location"] == document.url
    answer = browser.ask(document.url)
    assert b"".join(answer) == SECRET.encode()
    assert "no-store" in answer["Cache-Control"]


def test_private_post_offers_no_comment_form_that_would_lose_what_is_written(
    site: SmallSite,
) -> None:
    post = Page.objects.get(pk=site.post.pk)
    PageViewRestriction.objects.create(page=post, restriction_type="password", password=PASSWORD)
    browser = Browser()
    fill_in(browser, browser.ask("/blog/on-trust/").text, password=PASSWORD)
    text = browser.ask("/blog/on-trust/").text
    assert "Words about trust." in text
    assert 'id="comment"' not in text


@pytest.mark.parametrize("path", ["/", "/ledbury/", "/blog/", "/contact/", "/nothing/"])
def test_no_session_begins_outside_the_admin(restriction: PageViewRestriction, path: str) -> None:
    answer = Client().get(path)
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert not answer.cookies
