"""Sending a letter to its readers: each once, whatever breaks off in between.

A letter that goes out has a Delivery for each reader. Any number of workers take some of them at a
time, as many as they have connections to the mail server, and mark them "sending" before they
speak to it. What a crash leaves in that state is unsure and stays the VA's to decide.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from blog.models import BlogPostPage
from newsletter.blocks import post_keys
from newsletter.composing import Letter, compose, with_counted_links
from newsletter.models import Campaign, Delivery, SendingSettings, Subscriber
from newsletter.models.campaigns import GRACE
from newsletter.proofing import what_stops
from newsletter.returning import came_back
from vasite.business.models import BusinessSettings
from vasite.content.visibility import visible
from vasite.email_addresses import to_ascii
from vasite.mail.conversation import (
    BrokenOffError,
    Conversation,
    RefusedError,
    UnreachableError,
)
from vasite.mail.letters import send_letter
from vasite.mail.models import RETRY_PAUSES, moment
from vasite.serving.errors import DATABASE_GONE
from vasite.serving.faults import attempt, place_of
from vasite.serving.logs import masked
from vasite.serving.queue import enqueue_once

CONNECTIONS = 4
# A campaign that nothing holds up
NO_TROUBLE: dict[str, Any] = {"trouble": "", "held_until": None, "failed_tries": 0}
SLICE_SECONDS = 5  # after which other work has its turn
PORTION = 10_000  # readers of whom a transaction makes deliveries
# Longer than any server takes to answer all steps of a mail
BROKEN_OFF_AFTER = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
Limits = dict[timedelta, int]  # how many letters may be begun within each span
Status, State = Campaign.Status, Delivery.Status
logger = logging.getLogger("vasite.event")


def begin(campaign: Campaign) -> bool:
    """Let a newsletter go out from now on, as it is; return whether it did not begin before and
    was neither cancelled nor put off while it was written."""
    letter = compose(campaign)
    this = Campaign.objects.filter(pk=campaign.pk)
    as_read = {"status": campaign.status, "send_at": campaign.send_at}
    with transaction.atomic():
        begun = this.filter(Q(status__in=[Status.DRAFT, Status.SCHEDULED]), **as_read).update(
            status=Status.SENDING,
            started_at=timezone.now(),
            html=letter.html,
            text=letter.text,
            **NO_TROUBLE,
        )
        if begun and SendingSettings.load().counts_clicks:
            this.update(html=with_counted_links(campaign, letter.html))
    wake()
    return bool(begun)


def schedule(campaign: Campaign, send_at: datetime) -> None:
    """Schedule a draft, or schedule it anew; never for sooner than in GRACE."""
    send_at = max(send_at, timezone.now() + GRACE)
    Campaign.objects.filter(pk=campaign.pk, status__in=[Status.DRAFT, Status.SCHEDULED]).update(
        status=Status.SCHEDULED, send_at=send_at, **NO_TROUBLE
    )


def send_soon(campaign: Campaign) -> bool:
    """Let a campaign begin in GRACE, in which it can be cancelled; return whether that is new."""
    soon = timezone.now() + GRACE
    later = Q(status=Status.SCHEDULED, send_at__gt=soon)
    return bool(
        Campaign.objects.filter(Q(status=Status.DRAFT) | later, pk=campaign.pk).update(
            status=Status.SCHEDULED, send_at=soon, **NO_TROUBLE
        )
    )


def change(campaign: Campaign, earlier: Iterable[str], status: str) -> bool:
    """Gives a letter another state if it is in one of the earlier; tells whether it was."""
    this = Campaign.objects.filter(pk=campaign.pk, status__in=list(earlier))
    changed = this.update(status=status, **NO_TROUBLE)
    if changed and not campaign.deliveries.exclude(taken_at=None).exists():
        Campaign.objects.filter(pk=campaign.pk).update(started_at=timezone.now())
    wake()
    return bool(changed)


def wake() -> None:
    """Tells the worker that there may be letters to send."""
    from newsletter.tasks import send_campaigns

    enqueue_once(send_campaigns)


def send_due() -> int:
    """Sends what is due, for SLICE_SECONDS; gives how many letters the mail server took."""
    set_interrupted_aside()
    begin_planned()
    if not settings.MAIL_TRANSPORT:
        return 0
    until = time.monotonic() + SLICE_SECONDS
    sent = 0
    for campaign in due_campaigns():
        if time.monotonic() >= until:
            break
        try:
            if hidden := hidden_posts(campaign):
                hold(campaign, hidden_words(hidden))
            elif not is_overdue(campaign):
                sent += send_campaign(campaign, until)
        except DATABASE_GONE:
            raise
        except Exception as error:
            # One faulty campaign holds only itself
            hold(campaign, cannot_be_written(error))
    return sent


def send_campaign(campaign: Campaign, until: float) -> int:
    """Send a campaign until a moment of time.monotonic(); return the number of emails taken."""
    fill(campaign)
    sendable = campaign.deliveries.filter(due_now())
    if sendable[:CONNECTIONS].count() == CONNECTIONS:
        wake()  # for an idle worker to join in, or for the next turn of this one
    return send_some(campaign, until)


def hidden_posts(campaign: Campaign) -> list[str]:
    """Return the titles of posts that an email shows and not everybody may see any more."""
    shown = [block.value for block in campaign.body if block.block_type == "posts"]
    keys = list(chain.from_iterable(map(post_keys, shown)))
    posts = BlogPostPage.objects.filter(pk__in=keys)
    hidden = posts.exclude(pk__in=visible(posts).values("pk"))
    return [post.title for post in hidden if post.full_url in campaign.text]


def hidden_words(titles: list[str]) -> str:
    """Return the trouble of a newsletter with hidden posts."""
    posts = ", ".join(f"“{title}”" for title in titles)
    return (
        f"It shows what not everybody may read any more: {posts}. It waits until everybody may, or "
        "you stop it."
    )


def is_overdue(campaign: Campaign) -> bool:
    """Pause a campaign that should have begun long ago and has reached nobody; tell the owner.

    Email was not connected then, and what it says may be out of date.
    """
    late = timedelta(hours=SendingSettings.load().late_hours)
    if (
        campaign.failed_tries
        or not campaign.started_at
        or campaign.started_at > timezone.now() - late
    ):
        return False
    if campaign.deliveries.exclude(taken_at=None).exists():
        return False
    began = moment(campaign.started_at)
    trouble = f"It has waited since {began}, because email wasn’t connected. Send it now?"
    paused = Campaign.objects.filter(pk=campaign.pk, status=Status.SENDING)
    if paused.update(status=Status.PAUSED, trouble=trouble):
        attempt("Emails about newsletters", campaign.pk, tell, campaign, trouble)
    return True


def cannot_be_written(error: Exception) -> str:
    """Return the trouble of a campaign that raises an exception, in words."""
    logger.error("A newsletter can't be written: %s", place_of(error))
    return (
        f"Something in this newsletter is faulty, so it can’t be written ({type(error).__name__})."
    )


def due_campaigns() -> list[Campaign]:
    held = Q(held_until__gt=timezone.now())
    return list(Campaign.objects.filter(status=Status.SENDING).exclude(held).order_by("started_at"))


def due_now() -> Q:
    return Q(status=State.WAITING, send_after__lte=timezone.now())


def set_interrupted_aside() -> None:
    """Marks as unsure what has been "sending" for longer than any server takes."""
    Delivery.objects.filter(
        status=State.SENDING, taken_at__lt=timezone.now() - BROKEN_OFF_AFTER
    ).update(status=State.UNSURE)


def begin_planned() -> None:
    """Begin the scheduled campaigns that are due; one that is too late waits for the owner."""
    now = timezone.now()
    late = timedelta(hours=SendingSettings.load().late_hours)
    due = Campaign.objects.filter(status=Status.SCHEDULED, send_at__lte=now)
    for campaign in due.exclude(held_until__gt=now):
        try:
            begin_if_possible(campaign, is_late=campaign.send_at < now - late)
        except DATABASE_GONE:
            raise
        except Exception as error:
            hold(campaign, cannot_be_written(error))


def begin_if_possible(campaign: Campaign, *, is_late: bool) -> None:
    """Begin a campaign that is due, or make it a draft again and tell the owner why."""
    stopping = next(what_stops(campaign), None)
    if not is_late and not stopping:
        begin(campaign)
        return
    planned = moment(campaign.send_at)
    trouble = f"It was planned for {planned}. "
    trouble += stopping or campaign.trouble or "The site was down then. Shall it still go out?"
    with transaction.atomic():
        if change_to_draft(campaign, trouble[:300]):
            tell(campaign, trouble)


def change_to_draft(campaign: Campaign, trouble: str = "") -> bool:
    """Takes the plan away from a letter, saying why."""
    planned = Campaign.objects.filter(pk=campaign.pk, status=Status.SCHEDULED)
    fields = NO_TROUBLE | {"status": Status.DRAFT, "send_at": None, "trouble": trouble}
    return bool(planned.update(**fields))


def tell(campaign: Campaign, trouble: str) -> None:
    """Puts a mail about a letter's trouble into the outbox."""
    business = BusinessSettings.load()
    if business.email:
        send_letter(
            "newsletter/mail/trouble.html",
            {"campaign": campaign, "trouble": trouble, "business": business},
            subject=f"Your letter “{campaign.public_title}” waits",
            to=[business.email],
        )


def fill(campaign: Campaign) -> None:
    """Makes the deliveries, PORTION by PORTION; taken up again where it was broken off."""
    while not campaign.is_filled:
        with transaction.atomic():
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            if not locked.is_filled:
                fill_portion(locked)
        campaign.is_filled = locked.is_filled


def fill_portion(campaign: Campaign) -> None:
    readers = campaign.audience.filter(pk__gt=campaign.filled_to).order_by("pk")
    last = readers.values_list("pk", flat=True)[PORTION - 1 : PORTION].first()
    if last is not None:
        readers = readers.filter(pk__lte=last)
    now = timezone.now()
    columns = {
        "campaign_id": Value(campaign.pk),
        "subscriber_id": F("pk"),
        "status": Value(State.WAITING.value),
        "send_after": Value(now),
        "attempts": Value(0),
        "answer": Value(""),
    }
    chosen = {f"of_{name}": value for name, value in columns.items()}
    rows, parameters = (
        readers.order_by().annotate(**chosen).values_list(*chosen).query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Delivery._meta.db_table} ({', '.join(columns)}) {rows} "
            "ON CONFLICT DO NOTHING",
            parameters,
        )
    campaign.filled_to, campaign.is_filled = last or campaign.filled_to, last is None
    campaign.save(update_fields=["filled_to", "is_filled"])


@dataclass
class Turn:
    """One delivery between its taking and the keeping of its outcome."""

    delivery: Delivery
    letter: Letter
    fault: str = field(default="", init=False)  # why the email can't be written
    trouble: str = field(default="", init=False)  # why the server can't be spoken to
    bounce: str = field(default="", init=False)  # the answer that says: no such mailbox
    refusal: str = field(default="", init=False)  # the answer that refuses what the letter says

    def send(self, conversation: Conversation) -> None:
        """Speaks to the server; sets the delivery's outcome, saves nothing."""
        delivery = self.delivery
        try:
            content = self.letter.of(delivery).message().as_bytes(linesep="\r\n")
            recipient = to_ascii(delivery.subscriber.email)
            answer = conversation.send(settings.BOUNCE_ADDRESS, recipient, content)
            delivery.answer = answer[:500]
            delivery.status = State.SENT
        except ValidationError as error:
            delivery.status, delivery.answer = State.FAILED, " ".join(error.messages)[:500]
        except BrokenOffError as error:
            delivery.status, delivery.answer = State.UNSURE, str(error)[:500]
        except UnreachableError as error:
            self.trouble = str(error)[:300]
            delivery.status, delivery.attempts = State.WAITING, delivery.attempts - 1
        except RefusedError as error:
            delivery.answer = str(error)[:500]
            self.wait_or_give_up(is_final=error.is_final)
            if delivery.status == State.FAILED:
                self.bounce = delivery.answer if error.means_no_such_mailbox else ""
                self.refusal = "" if error.is_about_recipient else delivery.answer
        except Exception as error:
            # Writing or encoding it failed, before the server had any of it
            conversation.close()
            self.fault = cannot_be_written(error)
            delivery.answer = f"It can’t be written for this address ({type(error).__name__})"
            self.wait_or_give_up(is_final=False)

    def wait_or_give_up(self, *, is_final: bool) -> None:
        """Let the delivery wait for its next try, or end it where there is none."""
        delivery = self.delivery
        if is_final or delivery.attempts > len(RETRY_PAUSES):
            delivery.status = State.FAILED
        else:
            delivery.status = State.WAITING
            delivery.send_after = timezone.now() + RETRY_PAUSES[delivery.attempts - 1]


def send_some(campaign: Campaign, until: float) -> int:
    """Sends a letter to reader after reader until a moment of time.monotonic(), the last one, a
    limit or trouble; gives how many the mail server took."""
    letter, limits = compose(campaign), SendingSettings.load().limits
    sent, trouble, last = 0, "", []
    with conversations() as open_ones, ThreadPoolExecutor(CONNECTIONS) as threads:
        turns = take(letter, limits)
        while turns:
            list(threads.map(Turn.send, turns, open_ones))
            sent += sum(turn.delivery.status == State.SENT for turn in turns)
            trouble, last = trouble_of(turns), turns
            is_over = trouble or time.monotonic() >= until
            with transaction.atomic():  # one write to the disk for both
                keep(turns)
                turns = [] if is_over else take(letter, limits)
            while not turns and not is_over and is_only_for_a_moment(limits):
                time.sleep(0.05)
                is_over = time.monotonic() >= until
                turns = take(letter, limits)
    if trouble:
        is_ours = any(turn.fault for turn in last)
        if not is_ours:  # the server may have named the subscriber, who may wish to be erased
            trouble = masked(trouble, keep_ip_addresses=True)
            trouble = f"The mail server doesn’t take it: {trouble}"[:300]
        hold(campaign, trouble)
    else:
        if sent:
            Campaign.objects.filter(pk=campaign.pk).exclude(trouble="").update(
                trouble="", failed_tries=0, held_until=None
            )
        finish(campaign)
    return sent


def trouble_of(turns: list[Turn]) -> str:
    """Gives why it is no use to go on: a server that can't be spoken to, one that refuses what
    the letter says to everybody, or a letter that can't be written for anybody."""
    if len(turns) == CONNECTIONS and all(turn.refusal for turn in turns):
        return turns[0].refusal[:300]
    if len(turns) == CONNECTIONS and all(turn.fault for turn in turns):
        return turns[0].fault[:300]
    return next((turn.trouble for turn in turns if turn.trouble), "")


@contextmanager
def conversations() -> Iterator[list[Conversation]]:
    """Gives as many connections to the mail server as are used at once."""
    open_ones = [Conversation() for _ in range(CONNECTIONS)]
    try:
        yield open_ones
    finally:
        for conversation in open_ones:
            conversation.close()


@transaction.atomic
def take(letter: Letter, limits: Limits) -> list[Turn]:
    """Marks the next deliveries as "sending" and gives them, at most CONNECTIONS.

    None while the letter is paused, and none beyond what the mail provider allows. Who is no
    longer subscribed is passed over.
    """
    if limits:  # one worker counts and takes at a time
        SendingSettings.objects.select_for_update().first()
    room = room_left(limits)
    if room < 1:
        return []
    due = (
        letter.campaign.deliveries.filter(
            due_now(),
            campaign__status=Status.SENDING,
            subscriber__status=Subscriber.Status.CONFIRMED,
        )
        .select_related("subscriber")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("send_after")
    )
    taken = list(due[: min(room, CONNECTIONS)])
    for delivery in taken:
        delivery.attempts += 1
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in taken]).update(
        status=State.SENDING, taken_at=timezone.now(), attempts=F("attempts") + 1
    )
    return [Turn(delivery, letter) for delivery in taken]


def room_left(limits: Limits) -> int:
    """Gives how many letters may be begun now: over all of them, all workers and restarts."""
    now = timezone.now()
    return min(
        (
            most - Delivery.objects.filter(taken_at__gt=now - span)[:most].count()
            for span, most in limits.items()
        ),
        default=CONNECTIONS,
    )


def is_only_for_a_moment(limits: Limits) -> bool:
    """Whether the provider's limit for a second, and no longer one, is reached."""
    longer = {span: most for span, most in limits.items() if span > SECOND}
    return room_left(limits) < 1 <= room_left(longer)


def keep(turns: list[Turn]) -> None:
    """Keeps what became of deliveries; an address that has no mailbox is marked as bounced."""
    deliveries = [turn.delivery for turn in turns]
    sent = [delivery for delivery in deliveries if delivery.status == State.SENT]
    others = [delivery for delivery in deliveries if delivery.status != State.SENT]
    Delivery.objects.bulk_update(sent, ["status", "answer"])
    Delivery.objects.bulk_update(others, ["status", "answer", "attempts", "send_after"])
    for turn in turns:
        if turn.bounce:
            subscriber = turn.delivery.subscriber
            attempt("Bounces", subscriber.pk, came_back, subscriber.email, turn.bounce)


def hold(campaign: Campaign, trouble: str) -> None:
    """Wait with a campaign that can't be sent, longer from time to time; tell the owner once."""
    campaign.refresh_from_db()
    tries = campaign.failed_tries + 1
    pause = RETRY_PAUSES[min(tries, len(RETRY_PAUSES)) - 1]
    logger.warning("Letter %d waits", campaign.pk)
    is_first_worker = Campaign.objects.filter(
        pk=campaign.pk,
        status__in=[Status.SENDING, Status.SCHEDULED],
        failed_tries=tries - 1,
    ).update(trouble=trouble, failed_tries=tries, held_until=timezone.now() + pause)
    if is_first_worker and tries == 1:
        attempt("Emails about newsletters", campaign.pk, tell, campaign, trouble)


def finish(campaign: Campaign) -> None:
    """Marks a letter as sent once there is nobody left to whom it may still go."""
    if not campaign.is_filled:
        return
    waiting = campaign.deliveries.filter(status=State.WAITING)
    waiting.exclude(subscriber__status=Subscriber.Status.CONFIRMED).update(status=State.LEFT_OUT)
    if campaign.deliveries.filter(status__in=[State.WAITING, State.SENDING]).exists():
        return
    done = Campaign.objects.filter(pk=campaign.pk, status=Status.SENDING).update(
        status=Status.SENT, finished_at=timezone.now()
    )
    if done:
        logger.info("Letter %d has gone out", campaign.pk)


def send_again(deliveries: QuerySet[Delivery]) -> int:
    """Lets letters go out again that were refused, or of which nobody knows whether they did."""
    keys = list(deliveries.values_list("campaign", flat=True).distinct())
    again = deliveries.filter(status__in=[State.UNSURE, State.FAILED]).update(
        status=State.WAITING, attempts=0, send_after=timezone.now()
    )
    if again:
        Campaign.objects.filter(pk__in=keys, status=Status.SENT).update(status=Status.SENDING)
        wake()
    return again
