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

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone
from django.utils.formats import date_format

from newsletter.composing import Letter, compose, with_counted_links
from newsletter.models import Campaign, Delivery, SendingSettings, Subscriber
from newsletter.proofing import what_stops
from newsletter.returning import came_back
from vasite.business.models import BusinessSettings
from vasite.mail.conversation import (
    BrokenOffError,
    Conversation,
    RefusedError,
    UnreachableError,
)
from vasite.mail.letters import send_letter
from vasite.mail.models import RETRY_PAUSES
from vasite.serving.queue import enqueue_once

CONNECTIONS = 4
SLICE_SECONDS = 5  # after which other work has its turn
PORTION = 10_000  # readers of whom a transaction makes deliveries
# Longer than any server takes to answer all steps of a mail
BROKEN_OFF_AFTER = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
Limits = dict[timedelta, int]  # how many letters may be begun within each span
Status, State = Campaign.Status, Delivery.Status
logger = logging.getLogger("vasite.event")


def begin(campaign: Campaign) -> bool:
    """Lets a letter go out from now on, as it is; tells whether it had not begun before."""
    letter = compose(campaign)
    this = Campaign.objects.filter(pk=campaign.pk)
    with transaction.atomic():
        begun = this.filter(status__in=[Status.DRAFT, Status.SCHEDULED]).update(
            status=Status.SENDING, started_at=timezone.now(), html=letter.html, text=letter.text
        )
        if begun and SendingSettings.load().counts_clicks:
            this.update(html=with_counted_links(campaign, letter.html))
    wake()
    return bool(begun)


def schedule(campaign: Campaign, moment: datetime) -> None:
    """Plans a draft, or plans it anew."""
    Campaign.objects.filter(pk=campaign.pk, status__in=[Status.DRAFT, Status.SCHEDULED]).update(
        status=Status.SCHEDULED, send_at=moment, trouble=""
    )


def change(campaign: Campaign, earlier: Iterable[str], status: str) -> bool:
    """Gives a letter another state if it is in one of the earlier; tells whether it was."""
    changed = Campaign.objects.filter(pk=campaign.pk, status__in=list(earlier)).update(
        status=status, held_until=None, failed_tries=0, trouble=""
    )
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
        if time.monotonic() < until:
            fill(campaign)
            if campaign.deliveries.filter(due_now())[:CONNECTIONS].count() == CONNECTIONS:
                wake()  # for an idle worker to join in, or for the next turn of this one
            sent += send_some(campaign, until)
    return sent


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
    """Begins the letters whose time has come; one that is too late waits for the VA's word."""
    now = timezone.now()
    late = timedelta(hours=SendingSettings.load().late_hours)
    for campaign in Campaign.objects.filter(status=Status.SCHEDULED, send_at__lte=now):
        stopping = next(what_stops(campaign), None)
        if campaign.send_at >= now - late and not stopping:
            begin(campaign)
            continue
        planned = date_format(timezone.localtime(campaign.send_at), "DATETIME_FORMAT")
        trouble = f"It was planned for {planned}. "
        trouble += stopping or "The site was down then. Shall it still go out?"
        with transaction.atomic():
            if change_to_draft(campaign, trouble):
                tell(campaign, trouble)


def change_to_draft(campaign: Campaign, trouble: str = "") -> bool:
    """Takes the plan away from a letter, saying why."""
    planned = Campaign.objects.filter(pk=campaign.pk, status=Status.SCHEDULED)
    return bool(planned.update(status=Status.DRAFT, send_at=None, trouble=trouble))


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
    message: EmailMultiAlternatives
    trouble: str = field(default="", init=False)  # why the server can't be spoken to
    bounce: str = field(default="", init=False)  # the answer that says: no such mailbox
    refusal: str = field(default="", init=False)  # the answer that refuses what the letter says

    def send(self, conversation: Conversation) -> None:
        """Speaks to the server; sets the delivery's outcome, saves nothing."""
        delivery = self.delivery
        content = self.message.message().as_bytes(linesep="\r\n")
        try:
            answer = conversation.send(settings.BOUNCE_ADDRESS, delivery.subscriber.email, content)
            delivery.answer = answer[:500]
            delivery.status = State.SENT
        except BrokenOffError as error:
            delivery.status, delivery.answer = State.UNSURE, str(error)[:500]
        except UnreachableError as error:
            self.trouble = str(error)[:300]
            delivery.status, delivery.attempts = State.WAITING, delivery.attempts - 1
        except RefusedError as error:
            delivery.answer = str(error)[:500]
            if error.is_final or delivery.attempts > len(RETRY_PAUSES):
                delivery.status = State.FAILED
                self.bounce = delivery.answer if error.means_no_such_mailbox else ""
                self.refusal = "" if error.is_about_recipient else delivery.answer
            else:
                delivery.status = State.WAITING
                delivery.send_after = timezone.now() + RETRY_PAUSES[delivery.attempts - 1]


def send_some(campaign: Campaign, until: float) -> int:
    """Sends a letter to reader after reader until a moment of time.monotonic(), the last one, a
    limit or trouble; gives how many the mail server took."""
    letter, limits = compose(campaign), SendingSettings.load().limits
    sent, trouble = 0, ""
    with conversations() as open_ones, ThreadPoolExecutor(CONNECTIONS) as threads:
        turns = take(letter, limits)
        while turns:
            list(threads.map(Turn.send, turns, open_ones))
            sent += sum(turn.delivery.status == State.SENT for turn in turns)
            trouble = trouble_of(turns)
            is_over = trouble or time.monotonic() >= until
            with transaction.atomic():  # one write to the disk for both
                keep(turns)
                turns = [] if is_over else take(letter, limits)
            while not turns and not is_over and is_only_for_a_moment(limits):
                time.sleep(0.05)
                is_over = time.monotonic() >= until
                turns = take(letter, limits)
    if trouble:
        hold(campaign, trouble)
    else:
        if sent:
            Campaign.objects.filter(pk=campaign.pk).exclude(trouble="").update(
                trouble="", failed_tries=0, held_until=None
            )
        finish(campaign)
    return sent


def trouble_of(turns: list[Turn]) -> str:
    """Gives why it is no use to go on: a server that can't be spoken to, or one that refuses what
    the letter says to everybody."""
    if len(turns) == CONNECTIONS and all(turn.refusal for turn in turns):
        return turns[0].refusal[:300]
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
    return [Turn(delivery, letter.of(delivery)) for delivery in taken]


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
            came_back(turn.delivery.subscriber.email, turn.bounce)


def hold(campaign: Campaign, trouble: str) -> None:
    """Waits with a letter while the mail server can't be reached, longer from time to time; the
    VA is told the first time."""
    campaign.refresh_from_db()
    tries = campaign.failed_tries + 1
    pause = RETRY_PAUSES[min(tries, len(RETRY_PAUSES)) - 1]
    logger.warning("Letter %d waits for the mail server", campaign.pk)
    with transaction.atomic():
        is_first_worker = Campaign.objects.filter(
            pk=campaign.pk, status=Status.SENDING, failed_tries=tries - 1
        ).update(trouble=trouble, failed_tries=tries, held_until=timezone.now() + pause)
        if is_first_worker and tries == 1:
            tell(campaign, f"The mail server doesn’t take it: {trouble}")


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
