"""What the worker does for search engines and previews."""

from __future__ import annotations

from django_tasks import task
from wagtail.models import Page

from vasite.content.models import ContentPage
from vasite.content.visibility import visible
from vasite.seo.cards import refresh_card


@task()
def make_card(page_id: int) -> None:
    """Draws the social card of a page that was published."""
    for page in visible(Page.objects.filter(pk=page_id)).specific():
        if isinstance(page, ContentPage):
            refresh_card(page)


@task(priority=-10)
def refresh_cards() -> None:
    """Draws the cards that are missing or out of date, as after a change of the business's name."""
    for page in visible(Page.objects.filter(depth__gt=1)).specific().iterator(chunk_size=100):
        if isinstance(page, ContentPage):
            refresh_card(page)
