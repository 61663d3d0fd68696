"""Letters that write themselves: a new post, and the week's round-up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from blog.models import BlogPostPage, Category
from newsletter.models import Campaign, SendingSettings, Subscriber
from newsletter.sending import begin
from vasite.serving.faults import attempt, for_each, is_paused

TOO_OLD = timedelta(days=1)  # an old post is no news, whenever the site learns of it
WEEK = timedelta(days=7)
ROUND_UP_HOUR = 9
ROUND_UP = "The weekly round-up"
Rhythm = Subscriber.Rhythm


def announce() -> int:
    """Begin the campaigns that are due by themselves; return the number of those about posts."""
    choices = SendingSettings.load()
    begun = announce_posts(choices) if choices.sends_posts else 0
    today = timezone.localdate()
    if not is_paused(ROUND_UP, today):
        attempt(ROUND_UP, today, round_up, choices)
    return begun


def announce_posts(choices: SendingSettings) -> int:
    """Tells readers who asked for each post of new ones.

    A post has at most one such letter, which the database sees to; taking it down and publishing
    it again leaves the day on which it was first published.
    """
    now = timezone.now()
    new = BlogPostPage.objects.published().filter(
        first_published_at__gt=now - TOO_OLD - timedelta(minutes=choices.post_minutes),
        first_published_at__lte=now - timedelta(minutes=choices.post_minutes),
    )
    told = Campaign.objects.exclude(post=None).values("post")

    def tell_of_one(post: BlogPostPage) -> None:
        tell_of([post], topics=post.categories.all(), rhythm=Rhythm.EACH, post=post)

    return for_each("Newsletters about new posts", new.exclude(pk__in=told), tell_of_one)


def round_up(choices: SendingSettings) -> int:
    """Sends the posts since the last round-up, at most those of two weeks, on its day.

    Who chose topics gets it when one of the posts is on one of them.
    """
    now = timezone.localtime()
    today = now.date()
    if now.weekday() != choices.round_up_day or now.hour < ROUND_UP_HOUR:
        return 0
    earlier = Campaign.objects.exclude(round_up_on=None).order_by("-round_up_on").first()
    if earlier and earlier.round_up_on == today:
        return 0
    since = max(earlier.created_at, now - 2 * WEEK) if earlier else now - WEEK
    posts = list(BlogPostPage.objects.published().filter(first_published_at__gt=since))
    subjects = [set(post.categories.all()) for post in posts]
    topics = set().union(*subjects) if all(subjects) else ()  # a post without concerns everybody
    return tell_of(posts, topics=topics, rhythm=Rhythm.WEEKLY, round_up_on=today) if posts else 0


def tell_of(posts: list[BlogPostPage], *, topics: Iterable[Category] = (), **fields: Any) -> int:
    """Writes a letter about posts and begins it; gives 1, or 0 where nobody asked for it."""
    title = posts[0].title
    if len(posts) > 1:
        title = f"New on the blog, {date_format(timezone.localdate())}"
    campaign = Campaign(
        subject=Truncator(title).chars(120),
        preheader=Truncator(posts[0].summary).chars(140),
        body=[("posts", {"heading": "New on the blog", "posts": posts})],
        is_public=False,  # the posts are
        **fields,
    )
    campaign.topics.set(topics)
    if not campaign.audience.exists():
        return 0
    try:
        with transaction.atomic():
            campaign.save()
            begin(campaign)
    except IntegrityError:
        occasion = {name: fields[name] for name in ("post", "round_up_on") if name in fields}
        if not Campaign.objects.filter(**occasion).exists():
            raise
        return 0  # another worker was quicker
    return 1
