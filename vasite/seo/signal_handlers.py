"""What happens when a page is published or deleted."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from vasite.content.models import SiteImage
from vasite.content.private_images import image_moved
from vasite.seo.addresses import note_arrival, note_departure
from vasite.seo.cards import card_name, remove_cards_showing, remove_hidden_cards
from vasite.seo.tasks import draw_card, draw_cards_below, refresh_cards, review_published_page
from vasite.serving.queue import enqueue_once


@receiver(page_published)
def draw_card_of_page(instance: Page, **kwargs: Any) -> None:
    """Draw the card with the publication, as the page names it from then on."""
    transaction.on_commit(partial(draw_card, instance.pk))
    review_published_page.enqueue(instance.pk)


@receiver(page_published)
def note_address_of_page(instance: Page, **kwargs: Any) -> None:
    note_arrival(instance)


@receiver([post_save, post_delete], sender=PageViewRestriction)
@receiver([page_unpublished, post_page_move])
def settle_cards(sender: Any, **kwargs: Any) -> None:
    """Remove at once the cards of pages that became private; draw later what is missing."""
    transaction.on_commit(remove_hidden_cards)
    enqueue_once(refresh_cards)


@receiver(post_delete, sender=PageViewRestriction)
def draw_cards_of_public_branch(instance: PageViewRestriction, **kwargs: Any) -> None:
    """Draw the cards with the end of the privacy, as the pages name them from then on."""
    transaction.on_commit(partial(draw_cards_below, instance.page_id))


@receiver(post_delete, sender=Page)
def remove_card_of_deleted_page(instance: Page, **kwargs: Any) -> None:
    transaction.on_commit(partial(default_storage.delete, card_name(instance)))


@receiver(image_moved)
def redraw_cards_of_image(sender: Any, image: SiteImage, **kwargs: Any) -> None:
    if not image.is_public:  # else they stay until those with the image are drawn
        remove_cards_showing(image)
    enqueue_once(refresh_cards)


@receiver(pre_delete)
def note_deleted_page(instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page) and (instance.live or instance.first_published_at):
        note_departure(instance)
