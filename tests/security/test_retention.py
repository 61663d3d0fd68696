"""What people leave behind is deleted when the site says so, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult
from wagtail.models import Revision

from contact.models import Enquiry
from newsletter.models import (
    Campaign,
    Comment,
    Follow,
    Subscriber,
    SubscriberImport,
    UnreadReport,
)
from tests.conftest import SmallSite
from tests.security.conftest import MailServer
from vasite.content.tasks import delete_old_revisions
from vasite.forms.models import ReplyDraft, SpamSettings, Trace
from vasite.home.data_requests import make_token
from vasite.home.models import DataRequest, LinkRequest
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import delete_delivered, deliver_due
from vasite.retention import RETENTION, UNTIL_THEN
from vasite.serving.models import TaskFault
from vasite.serving.schedule import periodic_tasks

Status = OutgoingMail.Status


def test_a_delivered_email_is_deleted_a_month_after_its_delivery(
    site: SmallSite, mail_server: MailServer, work: Callable[[], None]
) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        Client().post("/newsletter/subscribe/", {"email": "ann@example.com"})
    with time_machine.travel(start + timedelta(hours=20)):
        work()
    assert mail_server.recipients == ["ann@example.com"]
    with time_machine.travel(start + timedelta(days=30)):
        assert delete_delivered.func() == 0
    assert OutgoingMail.objects.count() == 1
    with time_machine.travel(start + timedelta(days=31)):
        assert delete_delivered.func() == 1
    assert not OutgoingMail.objects.exists()


def test_a_refused_email_is_deleted_a_month_after_the_last_try(
    site: SmallSite, mail_server: MailServer, work: Callable[[], None]
) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        Client().post("/newsletter/subscribe/", {"email": "ann@example.com"})
    OutgoingMail.objects.update(recipients=["no address"])
    for days in (0.5, 20):  # the owner sends it again
        with time_machine.travel(start + timedelta(days=days)):
            OutgoingMail.objects.all().release()
            deliver_due.func()
        assert OutgoingMail.objects.get().status == Status.FAILED
    with time_machine.travel(start + timedelta(days=49)):
        assert delete_delivered.func() == 0
    with time_machine.travel(start + timedelta(days=51)):
        assert delete_delivered.func() == 1
    assert not OutgoingMail.objects.exists()


def test_a_cancelled_email_is_deleted_a_month_after_that(site: SmallSite, va: Client) -> None:
    start = timezone.now()
    Client().post("/newsletter/subscribe/", {"email": "ann@example.com"})
    mail = OutgoingMail.objects.get()
    OutgoingMail.objects.update(send_after=start + timedelta(days=10))
    with time_machine.travel(start + timedelta(days=5)):
        va.post(f"/admin/outbox/{mail.pk}/cancel/")
    mail.refresh_from_db()
    assert mail.status == Status.CANCELLED
    with time_machine.travel(start + timedelta(days=34)):
        assert delete_delivered.func() == 0
    with time_machine.travel(start + timedelta(days=36)):
        assert delete_delivered.func() == 1
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.SENT, Status.FAILED, Status.CANCELLED})
)
def test_an_email_that_may_still_go_out_is_kept_until_the_owner_decides(
    site: SmallSite, status: str
) -> None:
    Client().post("/newsletter/subscribe/", {"email": "ann@example.com"})
    OutgoingMail.objects.update(status=status)
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert delete_delivered.func() == 0
    assert OutgoingMail.objects.get().text


def test_old_versions_of_a_page_go_and_what_is_public_or_latest_or_planned_stays(
    site: SmallSite,
) -> None:
    post = site.post
    now = timezone.now()

    def save(title: str, days_ago: int) -> Revision:
        with time_machine.travel(now - timedelta(days=days_ago)):
            post.title = title
            return post.save_revision()

    first = save("First", 900)
    public = save("Public", 800)
    public.publish()
    planned = save("Planned", 700)
    Revision.objects.filter(pk=planned.pk).update(approved_go_live_at=now + timedelta(days=1))
    second = save("Second", 600)
    latest = save("Latest", 500)
    other = site.service.save_revision()
    assert delete_old_revisions.func() == 2
    left = set(Revision.objects.values_list("pk", flat=True))
    assert left == {public.pk, planned.pk, latest.pk, other.pk}
    assert {first.pk, second.pk}.isdisjoint(left)
    assert delete_old_revisions.func() == 0
    post.refresh_from_db()
    assert (post.live_revision_id, post.latest_revision_id) == (public.pk, latest.pk)


# What each entry of the table is about, left behind at this moment
LEAVE: dict[str, Callable[[SmallSite], Iterable[Model]]] = {
    "sent_emails": lambda _: [email(Status.SENT, sent_at=timezone.now())],
    "unsent_emails": lambda _: [email(Status.FAILED), email(Status.CANCELLED)],
    "held_emails": lambda _: [
        email(status) for status in set(Status) - {Status.SENT, Status.FAILED, Status.CANCELLED}
    ],
    "unconfirmed_subscribers": lambda _: [subscriber("unconfirmed", last_mailed_at=timezone.now())],
    "consent_history": lambda _: [
        subscriber(status).events.create(text="Asked")
        for status in {*Subscriber.Status} - {"unconfirmed", "held"}
    ],
    "delivery_history": lambda _: [
        Campaign.objects.create(subject="News").deliveries.create(
            subscriber=subscriber("unsubscribed"), send_after=timezone.now(), status="sent"
        )
    ],
    "unconfirmed_follows": lambda site: [follow(site)],
    "messages": lambda site: [enquiry(), comment(site), follow(site, confirmed_at=timezone.now())],
    "spam": lambda site: [
        subscriber("held"),
        enquiry(state="spam"),
        comment(site, status="spam"),
    ],
    "rate_limits": lambda _: [Trace.objects.create(mark="x")],
    "requested_links": lambda _: [LinkRequest.objects.create(purpose="lost", email=ANN)],
    "data_links": lambda _: ask_for_data(),
    "sign_in_attempts": lambda _: sign_in_in_vain(),
    "sessions": lambda _: sign_in(),
    "revisions": lambda site: two_revisions(site)[:1],
    "unused_lists": lambda _: [SubscriberImport.objects.create(file_name="x", text="x")],
    "imported_lists": lambda _: [SubscriberImport.objects.create(file_name="x", status="done")],
    "unread_reports": lambda _: [UnreadReport.objects.create(provider="x", text="x", fault="x")],
    "reply_drafts": lambda _: [
        ReplyDraft.objects.create(
            user=User.objects.create_user("ann"), about=enquiry(), text="Dear"
        )
    ],
    "task_faults": lambda _: [TaskFault.objects.create(task="x", row="1")],
    "finished_tasks": lambda _: [finished_task(state) for state in ("SUCCESSFUL", "FAILED")],
}
IN_THE_BROWSER = {"form_drafts", "unsaved_drafts"}  # tests/browser/test_kept_drafts.py
ANN = "ann@example.com"


def email(status: str, **fields: Any) -> Model:
    return OutgoingMail.objects.create(recipients=[ANN], text="x", status=status, **fields)


def subscriber(status: str, **fields: Any) -> Subscriber:
    email = f"{status}@example.com"
    return Subscriber.objects.create(email=email, status=status, **fields)


def enquiry(**fields: Any) -> Model:
    Client().post("/contact/", {"name": "Ann", "email": ANN, "message": "My diary"})
    Enquiry.objects.update(**{"state": "new"} | fields)
    return Enquiry.objects.get()


def comment(site: SmallSite, **fields: Any) -> Comment:
    form = {"name": "Ann", "email": ANN, "comment": "Well said"}
    Client().post(f"/comments/{site.post.pk}/", form)
    Comment.objects.update(**{"status": "waiting"} | fields)
    return Comment.objects.get()


def follow(site: SmallSite, **fields: Any) -> Model:
    return Follow.objects.create(thread=comment(site), email=ANN, **fields)


def ask_for_data() -> Iterable[Model]:
    make_token(ANN)
    return DataRequest.objects.all()


def sign_in_in_vain() -> Iterable[Model]:
    Client().post("/admin/login/", {"username": "ann", "password": "x"})
    return AccessAttempt.objects.all()


def sign_in() -> Iterable[Model]:
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    assert client.get("/admin/").status_code == 200
    return Session.objects.all()


def two_revisions(site: SmallSite) -> list[Model]:
    first = site.post.save_revision()
    latest = site.post.save_revision()
    Revision.objects.filter(pk=latest.pk).update(created_at=timezone.now() + timedelta(seconds=1))
    return [first, latest]


def finished_task(state: str) -> Model:
    done = DBTaskResult.objects.get(pk=delete_delivered.enqueue().id)
    done.status, done.finished_at = state, timezone.now()
    done.save()
    return done


def delete_by_the_clock() -> None:
    """Do all that the worker does by the clock to delete something."""
    for name in django_settings.PERIODIC_TASKS:
        if re.search(r"\.(delete|forget|prune|send_requested)", f".{name.rpartition('.')[2]}"):
            import_string(name).func()


@pytest.mark.parametrize("kind", sorted(set(RETENTION) - IN_THE_BROWSER))
def test_what_is_left_behind_goes_a_second_after_its_time_and_not_a_second_before(
    site: SmallSite, kind: str
) -> None:
    start, second = timezone.now(), timedelta(seconds=1)
    period = RETENTION[kind].period

    def left() -> list[Model]:
        return [row for row in rows if type(row)._default_manager.filter(pk=row.pk).exists()]

    with time_machine.travel(start, tick=False):
        rows = list(LEAVE[kind](site))
    assert rows
    ends = period != UNTIL_THEN
    with time_machine.travel(start + (period - second if ends else timedelta(days=4000))):
        delete_by_the_clock()
    assert left() == rows
    if ends:
        with time_machine.travel(start + period + second):
            delete_by_the_clock()
        assert left() == []


def test_everything_that_is_deleted_by_the_clock_is_on_the_workers_list() -> None:
    names = {task.module_path for task, _ in periodic_tasks()}
    assert names == set(django_settings.PERIODIC_TASKS)
    assert {
        "vasite.mail.tasks.delete_delivered",
        "vasite.serving.tasks.forget_sign_in_attempts",
        "vasite.serving.tasks.prune_finished_tasks",
        "vasite.content.tasks.delete_old_revisions",
        "vasite.forms.spam.tasks.forget",
        "vasite.home.tasks.send_requested_links",
        "newsletter.tasks.forget_unconfirmed",
    } <= names


def test_each_period_reads_as_the_privacy_page_will_say_it() -> None:
    assert str(RETENTION["sent_emails"]) == (
        "Emails that this site has sent, with their text and address: "
        "30 days after they were delivered"
    )
    assert str(RETENTION["unsent_emails"]) == (
        "Emails that were refused or cancelled, with their text and address: "
        "30 days after the last try or the cancellation"
    )
    assert str(RETENTION["sign_in_attempts"]).endswith(": 1 day after the first of them")
    assert str(RETENTION["rate_limits"]).endswith(": 23 hours after it was sent")
    spam = SpamSettings._meta.get_field("keep_spam_days").default
    assert RETENTION["spam"].period == timedelta(days=spam)
