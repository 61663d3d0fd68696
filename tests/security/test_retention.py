"""What people leave behind is deleted when the site says so, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from wagtail.models import Revision

from tests.conftest import SmallSite
from tests.security.conftest import MailServer
from vasite.content.tasks import delete_old_revisions
from vasite.forms.models import SpamSettings
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import delete_delivered
from vasite.retention import RETENTION
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


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SENT}))
def test_an_email_that_was_not_delivered_is_kept_until_the_owner_decides(
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


def test_recent_versions_stay(site: SmallSite) -> None:
    for number in range(3):
        site.post.title = f"Version {number}"
        site.post.save_revision()
    with time_machine.travel(timezone.now() + RETENTION["revisions"].period - timedelta(days=1)):
        assert delete_old_revisions.func() == 0


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
    assert str(RETENTION["sign_in_attempts"]).endswith(": 1 day after the first of them")
    assert str(RETENTION["rate_limits"]).endswith(": 23 hours after it was sent")
    spam = SpamSettings._meta.get_field("keep_spam_days").default
    assert RETENTION["spam"].period == timedelta(days=spam)
