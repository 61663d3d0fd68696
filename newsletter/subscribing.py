"""From an address in the form to a confirmed subscriber."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from newsletter.forms import SubscribeForm
from newsletter.models import Subscriber, email_key
from vasite.business.models import BusinessSettings
from vasite.forms.answers import came_from
from vasite.forms.spam.judging import judge
from vasite.forms.submissions import Label
from vasite.mail.letters import one_click, send_letter

logger = logging.getLogger("vasite.event")
MAIL_PAUSE = timedelta(hours=1)


def receive_address(request: HttpRequest, form: SubscribeForm) -> None:
    """Stores an address that wants the newsletter, with its confirmation mail.

    The visitor sees the same page whether the address was known or not. A known one gets the
    mail that fits it, at most one within MAIL_PAUSE. A new one that comes as spam does is set
    aside and gets none, until it comes again like a person or the VA lets it in.
    """
    email = form.cleaned_data["email"]
    verdict = judge(request, form)
    with transaction.atomic():
        verdict.leave_traces()
        subscriber, is_new = Subscriber.objects.select_for_update().get_or_create(
            email_key=email_key(email),
            defaults={
                "email": email,
                "subscribed_from": came_from(request),
                "status": Subscriber.Status.HELD,
            },
        )
        if verdict.label != Label.HAM:
            if is_new:
                verdict.pass_on(subscriber)
                subscriber.save(update_fields=["verdict", "reasons"])
            return
        if subscriber.status == Subscriber.Status.HELD:
            let_in(subscriber)
        elif may_be_mailed(subscriber):
            send_reply(subscriber)
    if is_new:
        logger.info("Subscriber %d asked for the newsletter", subscriber.pk)


def let_in(subscriber: Subscriber) -> None:
    """Takes an address out of what was set aside and asks it to confirm."""
    subscriber.status, subscriber.verdict = Subscriber.Status.UNCONFIRMED, Label.HAM
    subscriber.reasons = []
    subscriber.save(update_fields=["status", "verdict", "reasons"])
    send_reply(subscriber)


def may_be_mailed(subscriber: Subscriber) -> bool:
    last = subscriber.last_mailed_at
    return last is None or last < timezone.now() - MAIL_PAUSE


def send_reply(subscriber: Subscriber) -> None:
    """Puts the mail into the outbox that asks to confirm, or says that all is done already."""
    subscriber.last_mailed_at = timezone.now()
    subscriber.save(update_fields=["last_mailed_at"])
    business = BusinessSettings.load()
    is_confirmed = subscriber.status == Subscriber.Status.CONFIRMED
    send_letter(
        "newsletter/mail/known.html" if is_confirmed else "newsletter/mail/confirm.html",
        {"subscriber": subscriber, "business": business},
        subject=f"You already get {business.name}’s newsletter"
        if is_confirmed
        else f"Please confirm: {business.name}’s newsletter",
        to=[subscriber.email],
        headers=one_click(subscriber.unsubscribe_url),
    )
