"""Long work in the background gives way to emails, and survives other people's writing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.search.models import IndexEntry

from blog.models import BlogPostPage, Category, Kin
from blog.tasks import relate_all_posts, relate_posts
from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from newsletter.tasks import follow_up, forget_unconfirmed
from tests.conftest import SmallSite, picture_bytes
from tests.mail.test_outbox import MailServer, server  # noqa: F401 - a fixture
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.content.tasks import (
    INDEXED_AT_ONCE,
    complete_renditions,
    count_words,
    index_again,
    make_renditions,
)
from vasite.content.vocabulary import Word
from vasite.environment import PROJECT_DIR
from vasite.forms.models import SpamTally, Trace
from vasite.forms.spam.tasks import forget
from vasite.home.models import DataRequest
from vasite.home.tasks import forget_data_requests
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import delete_delivered
from vasite.seo.cards import card_name, refresh_card
from vasite.seo.models import PageReview
from vasite.seo.tasks import refresh_cards, review_pages
from vasite.serving.background import BackgroundWorker
from vasite.serving.models import TaskFault, Worker
from vasite.serving.queue import enqueue_once
from vasite.serving.schedule import enqueue_due
from vasite.serving.slices import BATCH_SIZE, DELETED_AT_ONCE
from vasite.serving.tasks import forget_sessions, forget_sign_in_attempts

PACKAGES = ("vasite", "services", "blog", "contact", "newsletter")


def waiting(task: Any) -> int:
    return DBTaskResult.objects.ready().filter(task_path=task.module_path).count()


def images(count: int) -> None:
    for number in range(count):
        file = ImageFile(BytesIO(picture_bytes((400, 300))), name=f"{number}.jpg")
        SiteImage.objects.create(title=f"Image {number}", file=file)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_visitor_gets_an_email_before_the_images_that_wait(
    site: SmallSite,
    server: MailServer,  # noqa: F811
    settings: Any,
) -> None:
    settings.SLICE_SECONDS = 0  # a turn of the worker for each task, and a task for each row
    enqueue_due()
    DBTaskResult.objects.all().delete()
    images(5)
    refresh_cards.enqueue()
    worker = BackgroundWorker(tell_watcher=lambda: None)
    worker.take_a_turn()
    assert waiting(make_renditions) == 5
    send_mail("Confirm", "Text", None, ["reader@example.com"])
    assert server.received == []
    worker.take_a_turn()
    assert len(server.received) == 1
    assert waiting(make_renditions) == 5
    assert waiting(refresh_cards) == 1


def test_owner_of_many_pages_has_other_work_done_between_two_cards(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    DBTaskResult.objects.all().delete()
    pages = [site.home, site.service, site.blog, site.post, site.contact]
    for page in pages:
        default_storage.delete(card_name(page))
    refresh_cards.call()
    drawn = [default_storage.exists(card_name(page)) for page in pages]
    assert sum(drawn) == waiting(refresh_cards) == 1
    work()
    assert all(default_storage.exists(card_name(page)) for page in pages)


def test_owner_of_many_posts_has_a_new_one_related_with_other_work_between(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    category = Category.objects.create(name="Order", slug="order")
    for number in range(3):
        post = BlogPostPage(title=f"Post {number}", first_published_at=timezone.now())
        post.categories = [category]
        site.blog.add_child(instance=post)
    DBTaskResult.objects.all().delete()
    relate_posts.call(post.pk)
    related = Kin.objects.values("post").distinct()
    assert waiting(relate_posts) == 1
    assert related.count() == 2  # the new one, and one of its kin
    work()
    assert related.count() == 3


def test_owner_who_renames_the_business_meanwhile_has_all_cards_drawn_anew(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    DBTaskResult.objects.all().delete()
    refresh_cards.call()
    BusinessSettings.objects.update(name="Teme Office")
    for _ in range(2):
        enqueue_once(refresh_cards)
    assert waiting(refresh_cards) == 2  # the rest, and one from the first page on
    work()
    assert not refresh_card(site.home)
    assert not refresh_card(site.contact)
    assert waiting(refresh_cards) == 0


def test_owner_of_many_pages_has_their_words_counted_with_other_work_between(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    DBTaskResult.objects.all().delete()
    count_words.call()
    assert waiting(count_words) == 1
    assert not Word.objects.exists()
    work()
    sliced = dict(Word.objects.values_list("text", "page_count"))
    settings.SLICE_SECONDS = 600
    count_words.call()
    assert sliced == dict(Word.objects.values_list("text", "page_count"))
    assert {"trust", "inbox"} <= sliced.keys()


def test_owner_of_many_pages_has_the_search_index_written_with_other_work_between(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    call_command("update_index", verbosity=0)
    entries = IndexEntry.objects.order_by("content_type", "object_id")
    whole = list(entries.values_list("content_type", "object_id", "title", "body"))
    entries.get(title__contains="trust").delete()
    entries.update(title="", body="")
    gone = entries.create(content_type=entries[0].content_type, object_id="999999", title="Gone")
    settings.SLICE_SECONDS = 0
    DBTaskResult.objects.all().delete()
    index_again.call()
    (rest,) = DBTaskResult.objects.ready()
    assert rest.priority < 0  # behind emails
    work()
    assert waiting(index_again) == 0
    assert not entries.filter(pk=gone.pk).exists()
    assert list(entries.values_list("content_type", "object_id", "title", "body")) == whole


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_visitor_writes_while_the_search_index_of_many_posts_is_written(
    site: SmallSite, settings: Any
) -> None:
    settings.SLICE_SECONDS = 600
    for number in range(INDEXED_AT_ONCE * 2):
        post = BlogPostPage(title=f"Post {number}", first_published_at=timezone.now())
        site.blog.add_child(instance=post)

    def write() -> None:
        Worker.objects.create(worker_id=str(Worker.objects.count()), seen_at=timezone.now())
        connection.close()

    def write_between(execute: Any, sql: str, *rest: Any) -> Any:
        if not connection.in_atomic_block and "blog_blogpostpage" in sql:
            visitor.submit(write).result()  # as the next posts are read
        return execute(sql, *rest)

    with ThreadPoolExecutor(1) as visitor, connection.execute_wrapper(write_between):
        index_again.call()
    assert Worker.objects.count() >= 3


def test_readers_of_many_threads_are_told_with_other_work_between(
    site: SmallSite, settings: Any, work: Callable[[], None]
) -> None:
    settings.SLICE_SECONDS = 0
    for number in range(3):
        comment = Comment(
            page=site.post,
            name="Ada",
            email=f"ada{number}@example.com",
            comment=f"Number {number}",
            status="approved",
            wants_answers=True,
        )
        comment.set_content(comment.comment)
        comment.save()
    DBTaskResult.objects.all().delete()
    follow_up.call()
    assert OutgoingMail.objects.count() == waiting(follow_up) == 1
    work()
    told = [address for mail in OutgoingMail.objects.all() for address in mail.recipients]
    assert sorted(told) == [f"ada{number}@example.com" for number in range(3)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_owner_of_many_posts_has_the_nightly_work_done_while_visitors_write(
    site: SmallSite, settings: Any
) -> None:
    settings.SLICE_SECONDS = 600
    count = BATCH_SIZE + 10
    for number in range(count):
        post = BlogPostPage(title=f"Post {number}", first_published_at=timezone.now())
        site.blog.add_child(instance=post)
    DBTaskResult.objects.all().delete()

    def write() -> None:
        Worker.objects.create(worker_id=str(Worker.objects.count()), seen_at=timezone.now())
        connection.close()

    def write_after(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("SELECT") and not connection.in_atomic_block:
            visitor.submit(write).result()
        return result

    with ThreadPoolExecutor(1) as visitor, connection.execute_wrapper(write_after):
        count_words.call()
        relate_all_posts.call()
        review_pages.call()
        complete_renditions.call()
    assert Worker.objects.count() > count
    assert not TaskFault.objects.exists()
    assert Word.objects.get(text="post").page_count == count
    assert Kin.objects.values("post").distinct().count() == count + 1
    assert PageReview.objects.count() >= count


def enquiry(number: int, moment: datetime) -> Enquiry:
    one = Enquiry(name="Flood", state=Enquiry.State.SPAM, received_at=moment)
    one.set_content(str(number))
    return one


def request_for_data(number: int, moment: datetime) -> DataRequest:
    return DataRequest(token_hash=f"{number}", asked_at=moment)


def sent_email(number: int, moment: datetime) -> OutgoingMail:
    return OutgoingMail(status=OutgoingMail.Status.SENT, sent_at=moment)


def session(number: int, moment: datetime) -> Session:
    return Session(session_key=f"{number}", expire_date=moment)


def sign_in_attempt(number: int, moment: datetime) -> AccessAttempt:
    attempt = AccessAttempt(username=f"{number}", failures_since_start=1)
    attempt.attempt_time = moment
    return attempt


def subscriber(number: int, moment: datetime) -> Subscriber:
    return Subscriber(
        email=f"r{number}@example.com",
        status=Subscriber.Status.UNCONFIRMED,
        last_mailed_at=moment,
    )


def trace(number: int, moment: datetime) -> Trace:
    return Trace(mark=f"{number}", seen_at=moment)


@pytest.mark.parametrize(
    ("task", "make"),
    [
        (delete_delivered, sent_email),
        (forget, enquiry),
        (forget, trace),
        (forget_data_requests, request_for_data),
        (forget_sessions, session),
        (forget_sign_in_attempts, sign_in_attempt),
        (forget_unconfirmed, subscriber),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_visitor_writes_while_what_a_flood_left_is_deleted(
    site: SmallSite,
    settings: Any,
    work: Callable[[], None],
    task: Any,
    make: Callable[[int, datetime], Model],
) -> None:
    settings.SLICE_SECONDS = 0
    long_ago = timezone.now() - timedelta(days=400)
    flood = [make(number, long_ago) for number in range(DELETED_AT_ONCE * 2 + 1)]
    rows = type(flood[0])._default_manager
    before = rows.count()
    rows.bulk_create(flood)
    rows_of_flood = rows.count() - before
    if make is sign_in_attempt:
        AccessAttempt.objects.update(attempt_time=long_ago)  # its field takes no other time
    DBTaskResult.objects.all().delete()
    assert task.call() == DELETED_AT_ONCE
    assert rows.count() == before + rows_of_flood - DELETED_AT_ONCE
    assert waiting(task) == 1
    work()
    assert rows.count() == before
    if make is enquiry:
        assert SpamTally.objects.get().count == rows_of_flood


def test_nobody_keeps_a_query_open_in_which_something_is_written() -> None:
    """Migrations may: each is one transaction, which has the lock for writing from its start."""
    found = [
        f"{path.relative_to(PROJECT_DIR)}:{node.lineno}"
        for package in PACKAGES
        for path in (PROJECT_DIR / package).rglob("*.py")
        if path.parent.name != "migrations"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"iterator", "aiterator"}
    ]
    assert found == [], "Use vasite.serving.slices.in_batches"
