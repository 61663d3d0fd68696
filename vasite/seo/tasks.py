"""What the worker does for search engines and previews."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tasks import task
from wagtail.models import Page, PageQuerySet, get_page_models

from vasite.content.models import ContentPage
from vasite.content.visibility import visible
from vasite.seo.cards import refresh_card
from vasite.seo.coach.reviewing import LINKS_A_DAY, check_outside_links, review_page
from vasite.seo.models import PageReview
from vasite.serving.faults import attempt
from vasite.serving.queue import enqueue_rest
from vasite.serving.slices import for_each_in_slices, for_each_within


def draw_card(page_id: int) -> None:
    """Draw the social card of a page that is published. One that can't be drawn stops nothing; it
    is tried again by `refresh_cards`."""
    for page in content_pages(Page.objects.filter(pk=page_id)):
        attempt("Social cards", page.pk, refresh_card, page)


def draw_cards_below(page_id: int) -> None:
    """Draw the social cards of a page that is no longer private and of those below it, for
    SLICE_SECONDS, as it is done in a request; `refresh_cards` draws the rest."""
    for top in Page.objects.filter(pk=page_id):
        branch = content_pages(Page.objects.descendant_of(top, inclusive=True))
        for_each_within(settings.SLICE_SECONDS, "Social cards", branch, refresh_card)


@task(priority=-5)
def review_published_page(page_id: int) -> None:
    """Reviews a page that was published, for the report."""
    for page in content_pages(Page.objects.filter(pk=page_id)):
        review_page(page)


@task(priority=-10)
def review_pages(after: int = 0) -> None:
    """Review pages that were not looked at for a week."""
    stale = timezone.now() - timedelta(days=7)
    fresh = PageReview.objects.filter(page=OuterRef("pk"), reviewed_at__gt=stale)
    due = content_pages(Page.objects.exclude(Exists(fresh)))
    for_each_in_slices(review_pages, after, "SEO checks", due, review_page)


@task(priority=-10)
def check_links(most: int = LINKS_A_DAY) -> None:
    """Ask for links that leave the site, `most` of them."""
    asked = check_outside_links(most, settings.SLICE_SECONDS)
    if 0 < asked < most:
        enqueue_rest(check_links, most=most - asked)


@task(priority=-10)
def refresh_cards(after: int = 0) -> None:
    """Draw the cards that are missing, damaged or out of date, as after a change of the business's
    name."""
    pages = content_pages(Page.objects.all())
    for_each_in_slices(refresh_cards, after, "Social cards", pages, refresh_card)


def content_pages(pages: PageQuerySet) -> PageQuerySet:
    """Return those of the pages that anybody may see and that have content of their own."""
    models = [model for model in get_page_models() if issubclass(model, ContentPage)]
    return visible(pages).type(*models).specific()
