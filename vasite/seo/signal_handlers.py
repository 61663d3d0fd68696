"""What happens when a page is published or taken down (as Wagtail does with one that is deleted),
and when a redirect is made."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished

from vasite.seo.addresses import join_chains, note_arrival, note_departure
from vasite.seo.tasks import make_card, review_published_page


@receiver(page_published)
def draw_card_of_page(instance: Page, **kwargs: Any) -> None:
    make_card.enqueue(instance.pk)
    review_published_page.enqueue(instance.pk)


@receiver(page_published)
def note_address_of_page(instance: Page, **kwargs: Any) -> None:
    note_arrival(instance)


@receiver(page_unpublished)
def note_page_taken_down(instance: Page, **kwargs: Any) -> None:
    note_departure(instance)


@receiver(post_save, sender=Redirect)
def join_redirects(instance: Redirect, **kwargs: Any) -> None:
    join_chains(instance)
