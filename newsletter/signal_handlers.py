"""What mail providers report by their webhooks, what ends the plan of a newsletter, and what an
update asks for."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from wagtail.tasks import update_reference_index_task

from blog.models import Category
from newsletter.bounces import is_about_recipient
from newsletter.models import Campaign
from newsletter.returning import came_back, complained, was_returned
from newsletter.sending import change_to_draft
from vasite.mail.refusals import Meaning, meaning_of

logger = logging.getLogger("vasite.event")


# The fields of a provider's own event that call a bounce final, and what they say then: Anymail
# reports others as bounces, too. It knows by itself which addresses are invalid.
FINAL: dict[str, list[tuple[str, str | bool]]] = {
    "Amazon SES": [("bounce.bounceType", "Permanent")],
    "Brevo": [("event", "hard_bounce")],
    "Mailgun": [("event-data.severity", "permanent")],
    "Mailjet": [("hard_bounce", True)],
    "Postmark": [("Type", "HardBounce"), ("SuppressionReason", "HardBounce")],
    "Resend": [("data.bounce.type", "Permanent")],
    "SendGrid": [("type", "bounce")],
}
REFUSED_AS_SPAM = ("Type", "SpamNotification")  # by a server, says Postmark: no reader complained
MAYBE_AN_ANSWER = "Transient: General"  # Amazon SES's word for one while the reader is away, too


def says(told: Any, field: str, value: object) -> bool:
    """Tell whether a field of a provider's event, such as "bounce.bounceType", has a value."""
    for key in field.split("."):
        told = told.get(key) if isinstance(told, dict) else None
    return bool(told == value)


@receiver(tracking)
def take_report(event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Take bounces and complaints; what is only deferred is the provider's to try again.

    An address ends if its server's words mean that there is no mailbox, or if they mean nothing
    and the provider calls the bounce final. Any other bounce costs the reader this letter only.
    """
    if not event.recipient or event.description == MAYBE_AN_ANSWER:
        return
    told = event.esp_event
    reason = event.mta_response or event.description or event.reject_reason or ""
    words = f"{esp_name} says {reason}".strip()
    is_invalid = event.reject_reason == RejectReason.INVALID
    if event.event_type == EventType.COMPLAINED and not says(told, *REFUSED_AS_SPAM):
        is_known = complained(event.recipient, words)
    elif event.event_type in {EventType.BOUNCED, EventType.COMPLAINED} or is_invalid:
        is_final = is_invalid or any(says(told, *one) for one in FINAL.get(esp_name, []))
        reply = event.mta_response or ""  # not the provider's own words, which speak of anything
        meaning = meaning_of(reply, is_about_recipient=is_about_recipient(reply))
        if meaning is Meaning.NO_MAILBOX or (is_final and meaning is Meaning.UNKNOWN):
            is_known = came_back(event.recipient, words)
        else:
            is_known = was_returned(event.recipient, words, json.dumps(told))
    else:
        return
    logger.info("%s reported %s, known: %s", esp_name, event.event_type, is_known)


@receiver(pre_delete, sender=Category)
def unschedule_newsletters_of(instance: Category, **kwargs: Any) -> None:
    """Make a scheduled newsletter to a category's readers a draft: without it all would get it."""
    why = f"The category “{instance.name}” was deleted. Look at whom it goes to, then send it."
    for campaign in Campaign.objects.filter(topics=instance):
        change_to_draft(campaign, why)


# The migration from which on Wagtail's index of references holds what campaigns use
INDEXING = ("newsletter", "0019_index_campaigns")


def index_campaigns_after_migration(plan: Sequence[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Have the campaigns of a site that was updated indexed, each in a task of its own, after
    everything else that waits. `flush` sends no plan."""
    applied = {(one.app_label, one.name) for one, is_undone in plan if not is_undone}
    if INDEXING in applied:
        task = update_reference_index_task.using(priority=-10)
        for key in Campaign.objects.values_list("pk", flat=True):
            task.enqueue(Campaign._meta.app_label, Campaign._meta.model_name, str(key))
