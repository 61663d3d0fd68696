"""What mail providers report by their webhooks, and what ends the plan of a newsletter."""

from __future__ import annotations

import logging
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from blog.models import Category
from newsletter.models import Campaign
from newsletter.returning import came_back, complained
from newsletter.sending import change_to_draft

logger = logging.getLogger("vasite.event")


@receiver(tracking)
def take_report(event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Takes hard bounces and complaints; what is only deferred is the provider's to try again."""
    take = {EventType.BOUNCED: came_back, EventType.COMPLAINED: complained}.get(event.event_type)
    is_deferred = (event.description or "").startswith("Transient")  # Amazon SES's word for it
    if take is None or is_deferred or not event.recipient:
        return
    reason = event.mta_response or event.description or event.reject_reason or ""
    is_known = take(event.recipient, f"{esp_name} says {reason}".strip())
    logger.info("%s reported %s, known: %s", esp_name, event.event_type, is_known)


@receiver(pre_delete, sender=Category)
def unschedule_newsletters_of(instance: Category, **kwargs: Any) -> None:
    """Make a scheduled newsletter to a category's readers a draft: without it all would get it."""
    why = f"The category “{instance.name}” was deleted. Look at whom it goes to, then send it."
    for campaign in Campaign.objects.filter(topics=instance):
        change_to_draft(campaign, why)
