"""From an address in the form to a confirmed subscriber."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletter.models import Subscriber, email_key
from vasite.business.models import BusinessSettings
from vasite.mail.letters import send_letter

logger = logging.getLogger("vasite.event")
MAIL_PAUSE = timedelta(hours=1)


def receive_address(email: str, came_from: str) -> None:
    """Stores an address that wants the newsletter, with its confirmation mail.

    The visitor sees the same page whether the address was known or not. A known one gets the
    mail that fits it, at most one within MAIL_PAUSE.
    """
    with transaction.atomic():
        subscriber, is_new = Subscriber.objects.select_for_update().get_or_create(
            email_key=email_key(email), defaults={"email": email, "subscribed_from": came_from}
        )
        now = timezone.now()
        if subscriber.last_mailed_at and subscriber.last_mailed_at > now - MAIL_PAUSE:
            return
        subscriber.last_mailed_at = now
        subscriber.save(update_fields=["last_mailed_at"])
        send_reply(subscriber)
    if is_new:
        logger.info("Subscriber %d asked for the newsletter", subscriber.pk)


def send_reply(subscriber: Subscriber) -> None:
    """Puts the mail into the outbox that asks to confirm, or says that all is done already."""
    business = BusinessSettings.load()
    is_confirmed = subscriber.status == Subscriber.Status.CONFIRMED
    send_letter(
        "newsletter/mail/known.html" if is_confirmed else "newsletter/mail/confirm.html",
        {"subscriber": subscriber, "site_url": settings.SITE_URL},
        subject=f"You already get {business.name}’s newsletter"
        if is_confirmed
        else f"Please confirm: {business.name}’s newsletter",
        to=[subscriber.email],
        headers={
            "List-Unsubscribe": f"<{subscriber.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
