"""A scheduled page stays open to its writer; a used title stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from blog.models import BlogPostPage
from tests.conftest import SmallSite

JSON = {"Accept": "application/json"}


def fields(title: str, slug: str, go_live_at: str = "", **more: str) -> dict[str, str]:
    return {
        "title": title,
        "slug": slug,
        "go_live_at": go_live_at,
        "body-count": "0",
        "introduction": "",
        **more,
    }


def edit_url(page: BlogPostPage) -> str:
    return f"/admin/pages/{page.pk}/edit/"


@pytest.fixture
def scheduled(va: Client, site: SmallSite) -> BlogPostPage:
    tomorrow = f"{timezone.localtime() + timedelta(days=1):%d/%m/%Y 9am}"
    words = fields("For later", "for-later", tomorrow, introduction="First words")
    va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", words | {"action-publish": "1"})
    post = BlogPostPage.objects.get(slug="for-later")
    assert post.scheduled_revision
    return post


def go_live(page: BlogPostPage) -> str:
    """Let the scheduled moment come, and read what visitors get."""
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("publish_scheduled", verbosity=0)
    return Client().get("/blog/for-later/").text


def latest(page: BlogPostPage) -> BlogPostPage:
    return BlogPostPage.objects.get(pk=page.pk).get_latest_revision_as_object()


def stored_moment(page: BlogPostPage) -> str:
    moment = latest(page).go_live_at
    return f"{timezone.localtime(moment):%d/%m/%Y %H:%M}"


def test_what_is_saved_on_a_scheduled_page_is_what_is_published(
    va: Client, scheduled: BlogPostPage
) -> None:
    page = va.get(edit_url(scheduled)).text
    assert "scheduled to be published on" in page
    assert "Cancel the schedule" in page
    assert "content-locked" not in page
    moment = stored_moment(scheduled)
    words = fields("For later", "for-later", moment, introduction="Second words")
    answer = va.post(edit_url(scheduled), words, follow=True)
    assert "This version is scheduled" in answer.text
    assert scheduled.revisions.exclude(approved_go_live_at=None).count() == 1
    assert "Second words" in go_live(scheduled)


def test_autosave_on_a_scheduled_page_keeps_a_draft_and_publishes_nothing_unfinished(
    va: Client, scheduled: BlogPostPage
) -> None:
    words = fields("For later", "for-later", stored_moment(scheduled), introduction="Half a sen")
    assert va.post(edit_url(scheduled), words, headers=JSON).json()["success"]
    assert latest(scheduled).introduction == "Half a sen"
    assert "First words" in go_live(scheduled)
    assert latest(scheduled).introduction == "Half a sen"


def test_a_scheduled_page_without_its_date_is_a_draft_again(
    va: Client, scheduled: BlogPostPage
) -> None:
    answer = va.post(edit_url(scheduled), fields("For later", "for-later"), follow=True)
    assert "no longer scheduled" in answer.text
    assert not latest(scheduled).scheduled_revision
    assert not latest(scheduled).live


def test_a_date_that_cannot_be_read_is_refused_and_comes_back_as_typed(
    va: Client, scheduled: BlogPostPage
) -> None:
    planned = scheduled.scheduled_revision.approved_go_live_at
    for typed in ("next Friday at nine", "27/11/2026", "2026-13-27 09:00"):
        words = fields("For later", "for-later", typed, introduction="Third words")
        page = va.post(edit_url(scheduled), words).text
        assert f'value="{typed}"' in page
        assert "Third words" in page
        assert latest(scheduled).scheduled_revision.approved_go_live_at == planned


@pytest.mark.parametrize("headers", [{}, JSON], ids=["save", "autosave"])
def test_a_title_used_before_gets_a_free_address(
    va: Client, site: SmallSite, headers: dict[str, str]
) -> None:
    address = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/"
    for number in (2, 3):
        answer = va.post(
            address, fields("On trust", "on-trust"), headers=headers, follow=not headers
        )
        post = BlogPostPage.objects.get(slug=f"on-trust-{number}")
        if headers:
            assert answer.json()["field_updates"]["slug"] == post.slug
        else:
            assert f"so this one has “{post.slug}”" in answer.text
    va.post(edit_url(post), fields("On trust", "on-trust") | {"action-publish": "1"})
    post.refresh_from_db()
    assert (post.slug, post.live) == ("on-trust-3", True)
    assert BlogPostPage.objects.get(slug="on-trust") == site.post


def test_the_longest_address_leaves_room_for_its_number(va: Client, site: SmallSite) -> None:
    address = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/"
    for _ in range(2):
        va.post(address, fields("A long title", "a" * 255), headers=JSON)
    assert BlogPostPage.objects.filter(slug=f"{'a' * 253}-2").exists()


def test_every_time_is_the_sites_so_an_account_offers_no_other_zone(
    va: Client, site: SmallSite
) -> None:
    assert "locale-current_time_zone" not in va.get("/admin/account/").text
    va.post("/admin/account/", {"locale-current_time_zone": "America/New_York"})
    words = fields("For later", "for-later", "1/7/2099 9am")
    va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", words)
    assert latest(BlogPostPage.objects.get(slug="for-later")).go_live_at == datetime(
        2099, 7, 1, 8, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["home", "blog", "post"])
def test_a_change_planned_for_a_page_that_code_wrote_leaves_it_public_until_then(
    va: Client, client: Client, site: SmallSite, name: str
) -> None:
    """As are all pages with which a site begins."""
    page = getattr(site, name)
    moment = f"{timezone.localtime() + timedelta(days=1):%d/%m/%Y 9am}"
    words = fields(page.title, page.slug, moment, introduction="Words of tomorrow")
    words |= {"hero_title": "Your office, done", "action_label": "Ask me"}
    answer = va.post(edit_url(page), words | {"action-publish": "1"}, follow=True)
    assert "scheduled for publishing" in answer.text
    assert "no longer scheduled" not in answer.text
    now = client.get(page.url)
    assert now.status_code == 200
    assert "Words of tomorrow" not in now.text
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("publish_scheduled", verbosity=0)
    assert "Words of tomorrow" in client.get(page.url).text


def test_a_moment_that_is_over_is_not_taken_for_now(va: Client, site: SmallSite) -> None:
    before = f"{timezone.localtime() - timedelta(days=1):%d/%m/%Y 9am}"
    words = fields("For yesterday", "for-yesterday", before) | {"action-publish": "1"}
    answer = va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", words)
    assert "This time is over." in answer.text
    assert not BlogPostPage.objects.filter(slug="for-yesterday").exists()


def test_a_moment_that_came_stops_no_later_change(va: Client, scheduled: BlogPostPage) -> None:
    moment = stored_moment(scheduled)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("publish_scheduled", verbosity=0)
        va.force_login(get_user_model().objects.get())
        words = fields("For later", "for-later", moment, introduction="Second words")
        va.post(edit_url(scheduled), words | {"action-publish": "1"})
    assert "Second words" in Client().get("/blog/for-later/").text


@pytest.mark.parametrize(
    ("title", "slug"), [("???", "post"), ("\U0001f389", "post"), ("你好", "你好")]
)
def test_a_title_that_makes_no_address_stops_nobody(
    va: Client, site: SmallSite, title: str, slug: str
) -> None:
    for number in ("", "-2"):
        words = fields(title, "") | {"action-publish": "1"}
        va.post(f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/", words)
        assert BlogPostPage.objects.get(slug=f"{slug}{number}").live
