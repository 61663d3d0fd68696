"""A faulty row of a periodic task waits alone; the others go on, and the owner reads of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from wagtail.models import Revision

from contact.models import Enquiry
from contact.tasks import remind
from tests.conftest import SmallSite
from vasite.forms.spam.tasks import learn_from_decisions
from vasite.mail.models import OutgoingMail
from vasite.serving.faults import attempt
from vasite.serving.models import TaskFault
from vasite.serving.tasks import publish_scheduled_pages


def enquiries(number: int) -> list[Enquiry]:
    for one in range(number):
        message = {"name": f"Person {one}", "email": f"p{one}@example.com", "message": f"No. {one}"}
        Client().post("/contact/", message)
    return list(Enquiry.objects.order_by("pk"))


def test_one_reminder_that_fails_keeps_no_other_back(va: Client, site: SmallSite) -> None:
    bad, *others = enquiries(3)
    Enquiry.objects.update(remind_on=timezone.localdate())
    Enquiry.objects.filter(pk=bad.pk).update(name="Ada\nBcc: all@example.com")
    assert remind.func() == len(others)
    assert OutgoingMail.objects.filter(subject__startswith="You asked").count() == 2
    fault = TaskFault.objects.get()
    assert "Ada" not in f"{fault.task}{fault.row}{fault.reason}", "no person's words are kept"
    assert "Reminders about enquiries" in va.get("/admin/").text
    pauses = []
    for _ in range(3):
        assert remind.func() == 0
        fault.refresh_from_db()
        now = fault.retry_at + timedelta(seconds=1)
        with time_machine.travel(now):
            remind.func()
        fault.refresh_from_db()
        pauses.append(fault.retry_at - now)
    assert pauses == sorted(pauses)
    Enquiry.objects.update(name="Ada")
    with time_machine.travel(fault.retry_at + timedelta(seconds=1)):
        assert remind.func() == 1
    assert not TaskFault.objects.exists()


def test_a_page_that_cannot_be_published_keeps_no_other_back(site: SmallSite) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    for page in (site.post, site.service):
        page.title = f"{page.title} anew"
        page.go_live_at = soon
        page.save_revision().publish()
    broken = Revision.objects.filter(object_id=str(site.post.pk)).latest("pk")
    broken.content["body"] = 5
    broken.content["first_published_at"] = "no time"
    broken.save()
    with time_machine.travel(soon + timedelta(minutes=1)):
        publish_scheduled_pages.func()
    site.service.refresh_from_db()
    assert site.service.title == "Inbox anew"
    broken.refresh_from_db()
    assert broken.approved_go_live_at is not None, "it is tried again"
    assert TaskFault.objects.get().task == "Scheduled publishing"


def test_a_message_that_cannot_be_learnt_keeps_no_other_back(site: SmallSite) -> None:
    first, _ = enquiries(2)
    Enquiry.objects.update(decision="spam")
    Enquiry.objects.filter(pk=first.pk).update(asked=[{"question": "no field", "answer": 5}])
    learn_from_decisions.func()
    assert set(Enquiry.objects.values_list("learnt", flat=True)) == {"spam"}


def test_a_database_that_is_gone_is_no_rows_fault(db: None) -> None:
    def fail() -> None:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        attempt("Anything", 1, fail)
    assert not TaskFault.objects.exists()
