"""Long work in the background gives way to emails, and survives other people's writing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from blog.models import BlogPostPage, Kin
from blog.tasks import relate_all_posts
from newsletter.models import Comment
from newsletter.tasks import follow_up
from tests.conftest import SmallSite, picture_bytes
from tests.mail.test_outbox import MailServer, server  # noqa: F401 - a fixture
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.content.tasks import complete_renditions, count_words, make_renditions
from vasite.content.vocabulary import Word
from vasite.environment import PROJECT_DIR
from vasite.mail.models import OutgoingMail
from vasite.seo.cards import card_name, refresh_card
from vasite.seo.models import PageReview
from vasite.seo.tasks import refresh_cards, review_pages
from vasite.serving.background import BackgroundWorker
from vasite.serving.models import TaskFault, Worker
from vasite.serving.queue import enqueue_once
from vasite.serving.schedule import enqueue_due
from vasite.serving.slices import BATCH_SIZE

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
