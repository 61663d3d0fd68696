"""Somebody who did all that a person can do here is erased, and is nowhere any more."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import ModelLogEntry

from contact.answering import send_reminders
from contact.models import Enquiry, EnquiryFile
from newsletter.models import (
    AuthorRule,
    Campaign,
    Comment,
    Delivery,
    Follow,
    Subscriber,
    SubscriberImport,
    UnreadReport,
)
from newsletter.tokens import make_token
from tests.conftest import SmallSite
from tests.home.test_your_data import ask
from tests.served import needs_sqlite
from vasite.home.models import DataRequest
from vasite.mail.models import OutgoingMail

NAME, EMAIL, WORDS = "Zelda Quuxington", "zelda.quux@example.org", "Quuxperanto"
MARKERS = ("quuxington", "zelda", "quuxperanto")


@pytest.fixture
def person(site: SmallSite, va: Client, work: Callable[[], None]) -> str:
    """Zelda, who did everything; returns the path of the link to her data."""
    visitor = Client()
    who = {"name": NAME, "email": EMAIL}
    visitor.post("/contact/", who | {"message": f"{WORDS}: my diary", "phone": "0905"})
    visitor.post("/newsletter/subscribe/", {"email": EMAIL, "name": NAME})
    for words in ("First", "Second"):
        visitor.post(
            f"/comments/{site.post.pk}/",
            who | {"comment": f"{words} {WORDS}", "wants_answers": "on"},
        )
    enquiry, subscriber = Enquiry.objects.get(), Subscriber.objects.get()
    EnquiryFile.objects.create(enquiry=enquiry, question="Brief", name=f"{WORDS}.pdf", content=b"x")
    first, second = Comment.objects.order_by("pk")
    token = make_token("confirm", subscriber.confirm_key)
    assert visitor.post(f"/newsletter/confirm/{token}/").status_code == 303

    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "answered", "remind_on": ""})
    answer = {"state": "answered", "remind_on": "", "reply": "Dear Zelda, yes.", "note": "Zelda!"}
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", answer | {"send": "1"})
    assert OutgoingMail.objects.filter(subject__startswith="Re:", text__contains="Zelda").exists()
    for kind, about in (("contact.enquiry", enquiry), ("newsletter.comment", first)):
        version = sum(about.reply_drafts.values_list("version", flat=True))
        draft = {"text": "Dear Zelda, and", "draft_version": version}
        assert va.post(f"/admin/reply-drafts/{kind}/{about.pk}/", draft).status_code == 200
    edited = {"comment": f"Shorter {WORDS}", "status": "approved"}
    va.post(f"/admin/comments/edit/{first.pk}/", edited)
    va.post(f"/admin/comments/{first.pk}/decide/", {"rule": "trusted"})
    rule = AuthorRule.objects.get()
    va.post(
        f"/admin/snippets/newsletter/authorrule/edit/{rule.pk}/",
        {
            "email_key": rule.email_key,
            "rule": "trusted",
        },
    )
    sam = Client()  # who is told of her by name, and does not look at it
    sam.force_login(User.objects.create_superuser("sam"))
    sam.post(f"/admin/comments/delete/{second.pk}/")
    assert any(has_marker(session.get_decoded()) for session in Session.objects.all())
    va.post(f"/admin/subscribers/{subscriber.pk}/block/")
    Follow.objects.get_or_create(thread=first, email_key=EMAIL, defaults={"email": EMAIL})
    campaign = Campaign.objects.create(subject="News")
    Delivery.objects.create(
        campaign=campaign, subscriber=subscriber, answer=f"550 {EMAIL}", send_after=timezone.now()
    )
    for text in (f'{{"to": "{EMAIL}"}}', f"to={quote(EMAIL)}&x=1", f"\\u003c{EMAIL}\\u003e"):
        UnreadReport.objects.create(provider="x", text=text, fault="x")
    UnreadReport.objects.create(provider="x", text="{}", fault=f"KeyError: '{EMAIL}'")
    tom = Subscriber.objects.create(email="tom@example.com", status="confirmed")
    passed_on = f"550 5.1.1 <{EMAIL}> User unknown"  # to whom Tom has his mail passed on
    Delivery.objects.create(
        campaign=campaign, subscriber=tom, answer=passed_on, send_after=timezone.now()
    )
    tom.events.create(text=f"A letter came back: {passed_on}")
    OutgoingMail.objects.create(recipients=["tom@example.com"], text="x", answer=passed_on)
    SubscriberImport.objects.create(
        file_name="list.csv",
        text=f"Email,Name\n{EMAIL},Bob\u2028{NAME}\ntom@example.com,Tom\n",
    )
    SubscriberImport.objects.create(file_name=f"{EMAIL}.csv", status="done", text="")
    SubscriberImport.objects.create(file_name=f"for {EMAIL}", text="Email\ntom@example.com\n")
    SubscriberImport.objects.create(
        file_name="done.csv",
        status="done",
        text="",
        faults=[[2, f"“{EMAIL};tom@example.com” is no e-mail address."], [3, "It has no address."]],
    )
    for text in (f"Written with {EMAIL}", "Written alone"):  # an earlier version of a page
        site.post.body = [("text", f"<p>{text}</p>")]
        site.post.save_revision()
    Client().post("/admin/login/", {"username": EMAIL, "password": "x"})
    sign_in = f"/admin/login/?next=/admin/?q={quote(EMAIL)}"
    Client(headers={"user-agent": EMAIL}).post(sign_in, {"username": "tom", "password": "x"})
    visitor.get("/blog/on-trust/")
    work()
    task = DBTaskResult.objects.first()
    assert task
    DBTaskResult.objects.filter(pk=task.pk).update(traceback=f"Key (email)=({EMAIL}) exists")
    return ask(visitor, EMAIL)


def columns() -> Iterator[tuple[str, str]]:
    """Every value of every column of every table that holds a marker, however it is coded."""
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
            names = [column[0] for column in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    if has_marker(value):
                        yield table, name


def has_marker(value: Any) -> bool:
    if isinstance(value, memoryview):
        value = bytes(value)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    texts = [text]
    for part in re.findall(r"[\w=+/-]{16,}", text):  # Base64, as in signed values
        padded = part + "=" * (-len(part) % 4)
        try:
            decoded = base64.urlsafe_b64decode(padded)
        except ValueError:
            continue
        texts.append(decoded.decode("utf-8", "replace"))
        try:
            texts.append(zlib.decompress(decoded).decode("utf-8", "replace"))
        except zlib.error:
            continue
    return any(marker in text.casefold() for text in texts for marker in MARKERS)


def files() -> Iterator[str]:
    """Every file under DATA_DIR but the databases', whose tables are searched."""
    for path in settings.DATA_DIR.rglob("*"):
        if path.is_file() and "sqlite" not in path.name:
            content = path.read_bytes().decode("utf-8", "replace").casefold()
            if any(marker in content for marker in MARKERS):
                yield str(path)


def test_person_who_did_everything_is_nowhere_after_erasure(
    person: str, va: Client, work: Callable[[], None], django_capture_on_commit_callbacks: Any
) -> None:
    assert {table for table, _ in columns()} >= {
        *("contact_enquiry", "newsletter_comment", "newsletter_subscriber", "mail_outgoingmail"),
        *("newsletter_authorrule", "newsletter_follow", "axes_accessattempt"),
        *("newsletter_unreadreport", "newsletter_subscriberimport", "home_datarequest"),
        *("forms_replydraft", "wagtailcore_revision", "django_session"),
    }
    assert person
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(person).status_code == 303
    work()
    assert sorted(set(columns())) == []
    assert list(files()) == []
    for session in Session.objects.all():
        assert not has_marker(session.get_decoded())
    page = Client().get(person)
    assert page.status_code == 200
    assert not has_marker(page.text)
    read = SubscriberImport.objects.get(file_name="list.csv")
    assert read.text == "Email,Name\nerased@...,\ntom@example.com,Tom\n"
    toms = Delivery.objects.get(subscriber__email="tom@example.com")
    assert toms.answer == "550 5.1.1 <…> User unknown"
    taken_in = SubscriberImport.objects.get(file_name="done.csv")
    assert taken_in.faults == [[3, "It has no address."]]


def test_of_work_that_was_won_the_enquiry_stays_and_nothing_else(
    site: SmallSite, va: Client, work: Callable[[], None], django_capture_on_commit_callbacks: Any
) -> None:
    visitor = Client()
    form = {"name": NAME, "email": EMAIL, "message": f"{WORDS}: my diary"}
    visitor.post("/contact/", form)
    enquiry = Enquiry.objects.get()
    today = timezone.localdate()
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "won", "remind_on": today})
    assert send_reminders() == 1
    va.post(f"/admin/reply-drafts/contact.enquiry/{enquiry.pk}/", {"text": "Dear Zelda, no."})
    link = ask(visitor, EMAIL)
    assert "forms_replydraft" in {table for table, _ in columns()}
    with django_capture_on_commit_callbacks(execute=True):
        assert visitor.post(link).status_code == 303
    work()
    # and for three days the link, which shows what stays
    assert {table for table, _ in columns()} == {"contact_enquiry", "home_datarequest"}
    assert "six years" in visitor.get(link).text


@needs_sqlite
@pytest.mark.django_db
def test_what_is_deleted_is_overwritten_whatever_sqlite_was_built_with() -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_history_names_nobody(person: str, va: Client) -> None:
    labels = ModelLogEntry.objects.values_list("label", flat=True)
    assert {"Enquiry", "Comment"} <= {label.partition(" ")[0] for label in labels}
    assert not [label for label in labels if has_marker(label)]
    assert va.get("/admin/reports/site-history/").status_code == 200


def test_link_to_somebodys_data_holds_no_address(person: str) -> None:
    assert not has_marker(person)
    stored = DataRequest.objects.get()
    assert stored.token_hash not in person


def test_history_names_nobody_of_whom_a_model_holds_an_address() -> None:
    """Every model of ours with an e-mail address says that its title names people."""
    silent = [
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith(("vasite.", "contact.", "newsletter."))
        and {"email", "email_key"} & {field.name for field in model._meta.fields}
        and not getattr(model, "names_people", False)
    ]
    assert silent == ["BusinessSettings"]
