"""New posts reach the readers who asked for them, by themselves and once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from wagtail.models import PageViewRestriction

from blog.models import BlogPostPage, Category
from newsletter.announcing import announce
from newsletter.models import Campaign, SendingSettings
from newsletter.tasks import send_campaigns
from tests.conftest import SmallSite
from tests.newsletter.list_server import ListServer
from tests.newsletter.test_campaigns import subscriber

WEDNESDAY = datetime(2026, 5, 6, 9, 30, tzinfo=UTC)
FRIDAY = WEDNESDAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def _on_a_wednesday() -> Iterator[None]:
    """No day of a round-up, whenever the tests run."""
    with time_machine.travel(WEDNESDAY):
        yield


def publish(site: SmallSite, title: str, moment: datetime) -> BlogPostPage:
    post = BlogPostPage(title=title, introduction="In short.", first_published_at=moment)
    return site.blog.add_child(instance=post)


def later(**span: int) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**span))


@pytest.fixture
def readers(site: SmallSite) -> None:
    BlogPostPage.objects.all().delete()
    for rhythm in ("each", "weekly", "letters"):
        subscriber(f"{rhythm}@example.com", rhythm=rhythm, name="Ada")


def test_a_new_post_goes_to_those_who_asked_for_each(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    post = publish(site, "On trust", timezone.now())
    send_campaigns.call()
    assert server.received == []  # there is time to find a slip
    with later(minutes=16):
        send_campaigns.call()
    mail = server.mail_to("each@example.com")
    assert mail["Subject"] == "On trust"
    assert post.get_url() in mail.get_body(("plain",)).get_content()
    assert "In short." in mail.get_body(("html",)).get_content()
    assert set(server.counts) == {"each@example.com"}


def test_never_twice_for_the_same_post(site: SmallSite, server: ListServer, readers: None) -> None:
    post = publish(site, "On trust", timezone.now())
    for hours in (1, 2, 3):
        with later(hours=hours):
            send_campaigns.call()
            post.unpublish()
            post.refresh_from_db()
            post.save_revision().publish()
    assert server.counts == {"each@example.com": 1}


def test_a_post_that_was_hidden_since_waits_until_it_is_public_again(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    publish(site, "On trust", timezone.now())
    hidden = publish(site, "For clients", timezone.now())
    with later(minutes=16):
        assert announce() == 2
        secret = PageViewRestriction.objects.create(page=hidden, restriction_type="login")
        send_campaigns.call()
        assert server.counts == {"each@example.com": 1}
        assert "“For clients”" in Campaign.objects.get(post=hidden).trouble
        secret.delete()
    with later(hours=1):
        send_campaigns.call()
    assert [b"For clients" in raw for _, raw in server.received] == [False, True]


def test_an_old_post_is_no_news(site: SmallSite, server: ListServer, readers: None) -> None:
    publish(site, "Long ago", timezone.now() - timedelta(days=3))
    send_campaigns.call()
    assert server.received == []


def test_nothing_goes_out_that_she_does_not_want(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    SendingSettings.objects.create(sends_posts=False, round_up_day=None)
    publish(site, "On trust", FRIDAY - timedelta(hours=1))
    with time_machine.travel(FRIDAY):
        send_campaigns.call()
    assert server.received == []


def test_only_posts_of_the_topics_that_a_reader_chose(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    diary, travel = (Category.objects.create(name=name, slug=name) for name in ("diary", "travel"))
    subscriber("diary@example.com", rhythm="each", has_chosen_topics=True).topics.add(diary)
    subscriber("travel@example.com", rhythm="each", has_chosen_topics=True).topics.add(travel)
    post = publish(site, "On trust", timezone.now())
    post.categories.add(diary)
    post.save()
    with later(minutes=16):
        send_campaigns.call()
    assert set(server.counts) == {"each@example.com", "diary@example.com"}


def test_the_round_up_goes_out_on_its_day_with_the_posts_of_the_week(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    publish(site, "Two weeks ago", FRIDAY - timedelta(days=12))
    publish(site, "On Monday", FRIDAY - timedelta(days=4))
    publish(site, "On Tuesday", FRIDAY - timedelta(days=3))
    for moment in (FRIDAY - timedelta(days=1), FRIDAY - timedelta(hours=3)):
        with time_machine.travel(moment):
            send_campaigns.call()
    assert server.received == []
    for hours in (0, 1, 5):
        with time_machine.travel(FRIDAY + timedelta(hours=hours)):
            send_campaigns.call()
    mail = server.mail_to("weekly@example.com")
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "New on the blog, 8 May 2026"
    assert "On Monday" in text
    assert "On Tuesday" in text
    assert "Two weeks ago" not in text


def test_the_round_up_goes_to_readers_of_one_of_its_topics(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    topics = {name: Category.objects.create(name=name, slug=name) for name in "abc"}
    for name, topic in topics.items():
        subscriber(f"{name}@example.com", rhythm="weekly", has_chosen_topics=True).topics.add(topic)
    for name in "ab":
        post = publish(site, f"On {name}", FRIDAY - timedelta(days=4))
        post.categories.add(topics[name])
        post.save()
    with time_machine.travel(FRIDAY):
        send_campaigns.call()
    assert set(server.counts) == {"weekly@example.com", "a@example.com", "b@example.com"}


def test_no_round_up_when_nothing_is_new(
    site: SmallSite, server: ListServer, readers: None
) -> None:
    publish(site, "On Monday", FRIDAY - timedelta(days=4))
    for week in range(3):
        with time_machine.travel(FRIDAY + timedelta(weeks=week)):
            send_campaigns.call()
    assert server.counts == {"weekly@example.com": 1}
    assert Campaign.objects.count() == 1


def test_posts_leave_at_least_a_minute_in_which_they_can_be_taken_back(
    va: Client, site: SmallSite
) -> None:
    ((address, _),) = va.get(
        "/admin/settings/newsletter/sendingsettings/", follow=True
    ).redirect_chain
    answer = va.post(address, {"post_minutes": "0"})
    assert "Ensure this value is greater than or equal to 1" in answer.text
