"""Links keep leading somewhere: what moves, goes or was mistyped is answered truthfully."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from blog.models import BlogPostPage
from newsletter.models import Campaign, NewsletterPage
from services.models import ServicePage
from tests.conftest import SmallSite
from tests.newsletter.test_deleting_comments import comment_on
from tests.pagecache.conftest import Visitors, new_layer, visit  # noqa: F401 - fixtures
from tests.seo.schema import graph_of
from vasite.home.models import StandardPage
from vasite.seo.addresses import Pace
from vasite.seo.models import FormerAddress, MissingAddress


def hops(client: Client, path: str, **headers: str) -> list[str]:
    """The addresses that a visitor is sent to from a path, until something else answers."""
    found = []
    answer = client.get(path, headers=headers)
    while answer.status_code in {301, 302}:
        found.append(answer["Location"])
        answer = client.get(answer["Location"].removeprefix("http://127.0.0.1:8000"))
    return found


@pytest.fixture(autouse=True)
def _after_a_quiet_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vasite.seo.addresses.pace", Pace(20))


@pytest.fixture
def rename(django_capture_on_commit_callbacks) -> Callable[[Page, str], None]:
    """Publishes a page under another slug. Wagtail makes its redirect once that is committed."""

    def publish(page: Page, slug: str) -> None:
        page.slug = slug
        with django_capture_on_commit_callbacks(execute=True):
            page.save_revision().publish()

    return publish


def test_a_renamed_post_leads_to_its_new_address_in_one_step(
    client: Client, site: SmallSite, rename: Callable[[Page, str], None]
) -> None:
    rename(site.post, "on-faith")
    rename(site.post, "on-belief")
    rename(site.post, "on-confidence")
    for old in ("on-trust", "on-faith", "on-belief"):
        for path in (f"/blog/{old}/", f"/blog/{old}"):
            assert hops(client, path) == ["/blog/on-confidence/"], path
    assert client.get("/blog/on-confidence/").status_code == 200
    rename(site.post, "on-trust")  # and back: no loop
    assert client.get("/blog/on-trust/").status_code == 200


@pytest.mark.parametrize("change", [str, str.lower])
def test_a_long_address_in_another_script_leads_to_the_new_one(
    client: Client, site: SmallSite, rename: Callable[[Page, str], None], change: Callable
) -> None:
    rename(site.post, "믿" * 85)
    rename(site.post, "on-belief")
    assert hops(client, change(f"/blog/{'%EB%AF%BF' * 85}/")) == ["/blog/on-belief/"]


def test_what_is_below_a_renamed_page_moves_with_it(
    client: Client, site: SmallSite, rename: Callable[[Page, str], None]
) -> None:
    rename(site.service.get_parent().specific, "what-i-do")
    assert hops(client, "/services/inbox/") == ["/what-i-do/inbox/"]


def test_chains_of_redirects_are_joined(client: Client, site: SmallSite) -> None:
    Redirect.add_redirect("/a", "/b", is_permanent=True)
    Redirect.add_redirect("/b", "/c", is_permanent=True)
    Redirect.add_redirect("/c", site.post, is_permanent=True)
    Redirect.add_redirect("/before-a", "/a", is_permanent=True)
    for path in ("/a/", "/b/", "/c/", "/before-a/"):
        assert len(hops(client, path)) == 1
        assert hops(client, path)[0].endswith("/blog/on-trust/")


def unpublish(va: Client, page: Page, **fields: str) -> None:
    va.post(f"/admin/pages/{page.pk}/unpublish/", fields)
    page.refresh_from_db()
    assert not page.live


def test_an_unpublished_post_is_not_there_until_it_comes_back(
    client: Client, va: Client, site: SmallSite
) -> None:
    assert "gone for good" in va.get(f"/admin/pages/{site.post.pk}/unpublish/").text
    unpublish(va, site.post)
    assert client.get("/blog/on-trust/").status_code == 404
    assert "on-trust" not in client.get("/sitemap.xml").text
    site.post.save_revision().publish()
    assert client.get("/blog/on-trust/").status_code == 200


def test_a_post_of_which_the_owner_says_so_is_gone_for_good(
    client: Client, va: Client, site: SmallSite
) -> None:
    unpublish(va, site.post, is_gone="on")
    answer = client.get("/blog/on-trust/")
    assert answer.status_code == 410
    assert "This page is gone" in answer.text
    assert '<li><a href="/contact/">Contact</a></li>' in answer.text
    site.post.save_revision().publish()
    assert client.get("/blog/on-trust/").status_code == 200


@pytest.mark.parametrize(("fields", "status"), [({}, 404), ({"is_gone": "on"}, 410)])
def test_several_pages_at_once_are_away_or_gone_as_the_owner_says(
    client: Client, va: Client, site: SmallSite, fields: dict[str, str], status: int
) -> None:
    address = f"/admin/bulk/wagtailcore/page/unpublish/?id={site.blog.pk}&id={site.service.pk}"
    assert "gone for good" in va.get(address).text
    va.post(address, fields | {"include_descendants": "on"})
    for path in ("/blog/", "/blog/on-trust/"):
        assert client.get(path).status_code == status


def bulk(action: str, *pages: Page) -> str:
    query = "&".join(f"id={page.pk}" for page in pages)
    return f"/admin/bulk/wagtailcore/page/{action}/?{query}"


@pytest.mark.parametrize("action", ["unpublish", "delete"])
def test_the_home_page_can_be_neither_unpublished_nor_deleted(
    client: Client, va: Client, site: SmallSite, action: str
) -> None:
    one, several = f"/admin/pages/{site.home.pk}/{action}/", bulk(action, site.home, site.post)
    for address in (one, several):
        assert "needs its home page" in va.get(address).text
        answer = va.post(address, {"confirm_site_name": "Your website"}, follow=True)
        assert "needs its home page" in answer.text
        assert client.get("/").status_code == 200
        assert client.get("/blog/on-trust/").status_code == 200


def test_the_home_page_never_expires(va: Client, site: SmallSite) -> None:
    form_class = type(site.home).get_edit_handler().get_form_class()
    fields = {"expire_at": "27/11/2030 9am", "body-count": "0"}
    form = form_class(fields, instance=site.home, for_user=get_user_model().objects.get())
    assert "needs its home page" in str(form.errors["expire_at"])


def test_what_the_owner_must_be_told_of_happens_by_no_date(va: Client, site: SmallSite) -> None:
    services = site.service.get_parent().specific
    for page in (site.contact, site.newsletter, site.blog, services):
        address = f"/admin/pages/{page.pk}/edit/"
        fields = {"title": page.title, "slug": page.slug, "body-count": "0"}
        fields |= {"form_fields-count": "0", "go_live_at": ""}
        answer = va.post(address, fields | {"expire_at": "1/3/2030 9am"})
        assert "Unpublish it yourself when it is time." in answer.text
        assert page.get_latest_revision_as_object().expire_at is None


def test_the_home_page_is_never_asked_about_as_if_it_could_be_deleted(
    va: Client, site: SmallSite
) -> None:
    comment_on(site.post)
    address = f"/admin/pages/{site.home.pk}/delete/"
    for answer in (va.get(address), va.post(address, {"comments": "delete"}, follow=True)):
        assert "needs its home page" in answer.text
        assert "Delete them too" not in answer.text


@pytest.mark.parametrize("action", ["unpublish", "delete", "move", "convert_alias", "publish"])
def test_the_api_of_the_admin_changes_no_page(va: Client, site: SmallSite, action: str) -> None:
    """It would ask nothing."""
    for page in (site.home, site.contact, site.post):
        address = f"/admin/api/main/pages/{page.pk}/"
        data = {"destination_page_id": site.home.pk, "recursive": True}
        answer = va.post(f"{address}action/{action}/", data, content_type="application/json")
        assert answer.status_code == 404
        assert va.get(address).json()["meta"]["status"]["live"]


def test_a_list_is_not_called_unused_for_being_in_menus_only(va: Client, site: SmallSite) -> None:
    for page, words in ((site.blog, "archives by category"), (site.contact, "no")):
        text = va.get(f"/admin/pages/{page.pk}/unpublish/").text
        assert words in text
        assert "used nowhere" not in text
    assert "Without the tick they stay" in va.get(f"/admin/pages/{site.blog.pk}/unpublish/").text


@pytest.mark.parametrize("action", ["unpublish", "delete"])
def test_what_goes_with_the_contact_and_the_newsletter_page_is_said_first(
    va: Client, site: SmallSite, action: str
) -> None:
    for page, words in (
        (site.contact, "nobody can send you an enquiry"),
        (site.newsletter, "nobody can subscribe"),
    ):
        assert words in va.get(f"/admin/pages/{page.pk}/{action}/").text
        assert words in va.get(bulk(action, page, site.post)).text


def test_a_deleted_page_is_gone_and_a_draft_never_was(client: Client, site: SmallSite) -> None:
    site.blog.add_child(instance=BlogPostPage(title="Draft", live=False))
    assert client.get("/blog/draft/").status_code == 404
    ServicePage.objects.get(pk=site.service.pk).delete()
    site.post.delete()
    assert client.get("/blog/on-trust/").status_code == 410


def test_a_post_with_the_longest_address_can_be_deleted(client: Client, site: SmallSite) -> None:
    """PostgreSQL takes no address that is longer than its column; SQLite takes any."""
    site.post.slug = "x" * 255
    site.post.save()
    site.post.delete()
    assert client.get(f"/blog/{'x' * 255}/").status_code == 404
    assert not FormerAddress.objects.exists()


def test_an_expired_post_is_away_to_the_minute(client: Client, site: SmallSite) -> None:
    site.post.expire_at = timezone.now() - timedelta(minutes=1)
    site.post.save()
    call_command("publish_scheduled", verbosity=0)
    assert client.get("/blog/on-trust/").status_code == 404


@pytest.mark.parametrize(
    ("path", "is_counted"),
    [
        ("/old-prices/", True),
        ("/about-me.html", True),
        ("/wp-login.php", False),
        ("/.env", False),
        ("/me@example.com/", False),
        ("/newsletter/confirm/abc/", False),
        ("/" + "x" * 300 + "/", False),
        ("/favicon-16.png", False),
    ],
)
def test_missing_addresses_are_counted_without_persons(
    client: Client, site: SmallSite, path: str, is_counted: bool
) -> None:
    for _ in range(2):
        assert client.get(path).status_code == 404
    counted = MissingAddress.objects.filter(path=path, count=2)
    assert counted.exists() is is_counted
    assert MissingAddress.objects.count() == is_counted


def test_the_rarest_make_room_for_new_ones(client: Client, site: SmallSite, monkeypatch) -> None:
    monkeypatch.setattr("vasite.seo.addresses.MOST_MISSING", 2)
    for path in ("/often/", "/often/", "/once/", "/new/", "/new/"):
        client.get(path)
    assert set(MissingAddress.objects.values_list("path", flat=True)) == {"/often/", "/new/"}


def test_the_va_leads_a_missing_address_to_a_page(client: Client, va: Client, site) -> None:
    Client().get("/trust-me/")
    missing = MissingAddress.objects.get()
    assert "/trust-me/" in va.get("/admin/missing-addresses/").text
    url = f"/admin/missing-addresses/edit/{missing.pk}/"
    assert "/trust-me/" in va.get(url).text
    va.post(url, {"leads_to": site.post.pk})
    assert hops(Client(), "/trust-me/") == ["/blog/on-trust/"]
    assert not MissingAddress.objects.exists()


def test_scheme_host_and_slash_are_settled_in_one_step(
    client: Client, site: SmallSite, settings, monkeypatch
) -> None:
    settings.SITE_URL = "https://www.example.co.uk"
    settings.IS_HTTPS = True
    settings.ALLOWED_HOSTS = ["www.example.co.uk", "example.co.uk"]
    monkeypatch.setattr("vasite.seo.addresses.SITE", urlsplit(settings.SITE_URL))
    for host in ("example.co.uk", "Example.CO.UK", "EXAMPLE.co.uk.:80"):
        answer = client.get("/about?a=1", headers={"Host": host})
        assert answer.status_code == 301
        assert answer["Location"] == "https://www.example.co.uk/about/?a=1", host
    for host in ("WWW.EXAMPLE.co.uk", "www.example.co.uk.", "www.example.co.uk:443"):
        right = client.get("/robots.txt", headers={"Host": host}, secure=True)
        assert "Sitemap: https://www.example.co.uk/sitemap.xml" in right.text, host
    assert client.get("/healthz", headers={"Host": "example.co.uk"}).status_code == 200


def test_the_sitemap_names_each_public_page_once(client: Client, site: SmallSite, image) -> None:
    site.post.picture = image
    site.post.save()
    text = client.get("/sitemap.xml").text
    assert text.count("<loc>http://127.0.0.1:8000/blog/on-trust/</loc>") == 1
    assert f"<lastmod>{site.post.last_published_at.isoformat(timespec='seconds')}</lastmod>" in text
    assert f"<image:loc>http://127.0.0.1:8000{image.file.url}</image:loc>" in text
    for path in ("/", "/services/", "/services/inbox/", "/blog/", "/contact/", "/newsletter/"):
        assert f"<loc>http://127.0.0.1:8000{path}</loc>" in text
    assert "/admin/" not in text


def test_a_page_in_another_script_has_one_spelling_of_its_address(
    client: Client, site: SmallSite
) -> None:
    """Escaped, as the sitemap's protocol asks for it and as links to it are written."""
    page = site.home.add_child(
        instance=StandardPage(title="Über mich", slug="über-mich", show_in_menus=True)
    )
    url = page.full_url
    assert url.endswith("/%C3%BCber-mich/")
    html = client.get(page.url).text
    assert f'<link rel="canonical" href="{url}">' in html
    assert f'<a href="{page.url}" aria-current="page">' in html
    assert f"<loc>{url}</loc>" in client.get("/sitemap.xml").text
    shown = next(node for node in graph_of(html) if node["@id"] == f"{url}#page")
    assert shown["url"] == url


def test_a_list_has_changed_when_what_it_lists_has(client: Client, site: SmallSite) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    Page.objects.update(first_published_at=long_ago, last_published_at=long_ago)
    for page in (site.post, site.service):
        page.save_revision().publish()
    Campaign.objects.create(subject="Spring", status="sent", started_at=timezone.now())
    text = client.get("/sitemap.xml").text
    found = dict(re.findall("<loc>http://127.0.0.1:8000(.*?)</loc><lastmod>(.*?)</lastmod>", text))
    unchanged = {path for path, moment in found.items() if moment == long_ago.isoformat()}
    assert unchanged == {"/", "/contact/"}
    assert found["/blog/"] == found["/blog/on-trust/"]
    assert found["/services/"] == found["/services/inbox/"]
    assert found["/newsletter/"] == found["/newsletter/spring/"]


def test_the_sitemap_names_the_letters_that_may_be_read(client: Client, site: SmallSite) -> None:
    sent = timezone.now()
    for subject, status in [("Spring", "sent"), ("Summer", "draft"), ("Autumn", "sent")]:
        Campaign.objects.create(
            subject=subject, status=status, started_at=sent, is_public=subject != "Autumn"
        )
    text = client.get("/sitemap.xml").text
    assert text.count("<loc>http://127.0.0.1:8000/newsletter/spring/</loc>") == 1
    assert "summer" not in text
    assert "autumn" not in text
    NewsletterPage.objects.get().unpublish()
    assert "spring" not in client.get("/sitemap.xml").text


def test_a_large_sitemap_becomes_an_index(client: Client, site: SmallSite, monkeypatch) -> None:
    monkeypatch.setattr("vasite.seo.sitemap.MOST_ADDRESSES", 3)
    Campaign.objects.create(subject="Spring", status="sent", started_at=timezone.now())
    index = client.get("/sitemap.xml").text
    assert "<sitemapindex" in index
    assert "<loc>http://127.0.0.1:8000/sitemap-3.xml</loc>" in index
    found = "".join(client.get(f"/sitemap-{number}.xml").text for number in (1, 2, 3))
    assert found.count("<url>") == 8
    assert client.get("/sitemap-4.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404


def test_robots_are_let_in_on_the_sites_own_host_only(client: Client, site: SmallSite) -> None:
    own = client.get("/robots.txt", headers={"Host": "127.0.0.1:8000"}).text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in own
    for host in ("localhost", "127.0.0.1"):
        assert client.get("/robots.txt", headers={"Host": host}).text.endswith("Disallow: /\n")


@pytest.mark.parametrize("path", ["/Services/", "/BLOG/On-Trust/?utm_source=x"])
def test_capitals_in_an_address_lead_to_the_page(
    client: Client, site: SmallSite, path: str
) -> None:
    assert hops(client, path) == [path.partition("?")[0].lower() + "?utm_source=x" * ("?" in path)]
    assert client.get("/Nothing/").status_code == 404
    assert client.get("/", PATH_INFO="//BLOG/").status_code == 404


@pytest.mark.parametrize("path", ["/rss", "/rss/", "/rss.xml", "/atom.xml", "/blog/feed/"])
def test_a_reader_program_finds_the_feed_where_others_keep_it(
    client: Client, site: SmallSite, path: str
) -> None:
    assert hops(client, path) == ["/feed/"]
