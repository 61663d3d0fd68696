"""From an address in the form to a confirmed subscriber."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from blog.models import Category
from newsletter.forms import SubscribeForm
from newsletter.models import NewsletterPage, Subscriber
from vasite.business.models import BusinessSettings
from vasite.email_addresses import email_key
from vasite.forms.answers import came_from
from vasite.forms.spam.judging import judge
from vasite.forms.submissions import Label
from vasite.forms.text_quota import count_text
from vasite.mail.letters import one_click, send_letter
from vasite.retention import RETENTION

logger = logging.getLogger("vasite.event")
MAIL_PAUSE = timedelta(hours=1)


def receive_address(request: HttpRequest, form: SubscribeForm) -> None:
    """Stores an address that wants the newsletter, with its confirmation mail.

    The visitor sees the same page whether the address was known or not. A known one gets the
    mail that fits it, at most one within MAIL_PAUSE, a blocked one none. A new one that comes as
    spam does is set aside and gets none, until it comes again like a person or the VA lets it in.
    Each time that leads to a mail is in the history, with the words that were agreed to.
    """
    email = form.cleaned_data["email"]
    verdict = judge(request, form)
    with transaction.atomic():
        count_text(request, form)
        verdict.spend_proof()
        verdict.leave_traces()
        subscriber, is_new = Subscriber.objects.select_for_update().get_or_create(
            email_key=email_key(email),
            defaults={
                "email": email,
                "subscribed_from": came_from(request),
                "status": Subscriber.Status.HELD,
            },
        )
        is_mailed = verdict.label == Label.HAM and may_be_mailed(subscriber)
        if is_new or is_mailed:
            keep_consent(subscriber, came_from(request))
        if verdict.label != Label.HAM:
            if is_new:
                verdict.pass_on(subscriber)
                subscriber.save(update_fields=["verdict", "reasons"])
            return
        if subscriber.status == Subscriber.Status.HELD:
            let_in(subscriber)
        elif is_mailed:
            send_reply(subscriber)
    if is_new:
        logger.info("Subscriber %d asked for the newsletter", subscriber.pk)


def keep_consent(subscriber: Subscriber, path: str) -> None:
    """Keeps from which page an address asked, and what is read there: box, hint and button."""
    page = NewsletterPage.objects.live().first()
    hint = SubscribeForm.base_fields["email"].help_text
    said = [page.invitation_title, page.invitation_text] if page else []
    words = "\n".join(filter(None, [*said, hint, f"[{SubscribeForm.button}]"]))
    subscriber.events.create(text="Asked for the newsletter", page=path, words=words)


def let_in(subscriber: Subscriber, user: Any = None) -> None:
    """Takes an address out of what was set aside and asks it to confirm."""
    subscriber.status, subscriber.verdict = Subscriber.Status.UNCONFIRMED, Label.HAM
    subscriber.reasons = []
    subscriber.save(update_fields=["status", "verdict", "reasons"])
    if user:
        subscriber.events.create(text="Found to be no spam", user=user)
    send_reply(subscriber, rate_limit="" if user else "subscription")


def keep_preferences(
    subscriber: Subscriber, *, name: str, rhythm: str, topics: Iterable[Category] | None = None
) -> None:
    """Keeps a subscriber's name and what to get; no topics where none are offered."""
    subscriber.name, subscriber.rhythm = name, rhythm
    words = [subscriber.get_rhythm_display(), *(topic.name for topic in topics or ())]
    with transaction.atomic():
        if topics is not None:
            subscriber.topics.set(topics)
            subscriber.has_chosen_topics = bool(topics)
        subscriber.save(update_fields=["name", "rhythm", "has_chosen_topics"])
        subscriber.events.create(text="Chose what to get", words="\n".join(words))


def block(subscriber: Subscriber, user: Any) -> None:
    """Ends all mail to an address, also what its owner or a stranger asks for."""
    if subscriber.status != Subscriber.Status.BLOCKED:
        subscriber.become(Subscriber.Status.BLOCKED, "Blocked", user=user)


def unblock(subscriber: Subscriber, user: Any) -> None:
    """Lets a blocked address subscribe again, which only its owner can do."""
    if subscriber.status == Subscriber.Status.BLOCKED:
        subscriber.become(Subscriber.Status.UNSUBSCRIBED, "Block lifted", user=user)


def may_be_mailed(subscriber: Subscriber) -> bool:
    last = subscriber.last_mailed_at
    is_due = last is None or last < timezone.now() - MAIL_PAUSE
    return is_due and subscriber.status != Subscriber.Status.BLOCKED


def unconfirmed() -> QuerySet[Subscriber]:
    """Return the addresses that were not confirmed in time, to be deleted."""
    long_ago = timezone.now() - RETENTION["unconfirmed_subscribers"].period
    return Subscriber.objects.filter(
        status=Subscriber.Status.UNCONFIRMED, last_mailed_at__lt=long_ago
    )


def send_reply(subscriber: Subscriber, *, rate_limit: str = "subscription") -> None:
    """Puts the mail into the outbox that asks to confirm, or says that all is done already.

    It has no limit where the owner decided on the address.
    """
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
        rate_limit=rate_limit,
        about=subscriber,
        purpose="known" if is_confirmed else "confirm",
    )
