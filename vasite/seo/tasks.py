"""What the worker does for search engines and previews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tasks import task
from wagtail.models import Page, PageQuerySet

from vasite.content.models import ContentPage
from vasite.content.visibility import visible
from vasite.seo.cards import refresh_card
from vasite.seo.coach.reviewing import check_outside_links, review_page
from vasite.seo.models import PageReview

PAGES_A_RUN = 500


@task()
def make_card(page_id: int) -> None:
    """Draws the social card of a page that was published."""
    for page in content_pages(Page.objects.filter(pk=page_id)):
        refresh_card(page)


@task(priority=-5)
def review_published_page(page_id: int) -> None:
    """Reviews a page that was published, for the report."""
    for page in content_pages(Page.objects.filter(pk=page_id)):
        review_page(page)


@task(priority=-10)
def review_pages() -> None:
    """Reviews pages that were not looked at for a week, and asks for the links that leave."""
    stale = timezone.now() - timedelta(days=7)
    fresh = PageReview.objects.filter(page=OuterRef("pk"), reviewed_at__gt=stale)
    due = Page.objects.filter(depth__gt=1).exclude(Exists(fresh))
    for page in islice(content_pages(due), PAGES_A_RUN):
        review_page(page)
    check_outside_links()


@task(priority=-10)
def refresh_cards() -> None:
    """Draws the cards that are missing or out of date, as after a change of the business's name."""
    for page in content_pages(Page.objects.filter(depth__gt=1)):
        refresh_card(page)


def content_pages(pages: PageQuerySet) -> Iterator[ContentPage]:
    """Gives those of the pages that anybody may see and that have content of their own."""
    for page in visible(pages).specific().iterator(chunk_size=100):
        if isinstance(page, ContentPage):
            yield page
