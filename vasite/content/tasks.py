"""Image work, done by the worker."""

from __future__ import annotations

import time
from collections import Counter

from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tasks import task
from wagtail.images.models import SourceImageIOError
from wagtail.models import Page, Revision

from vasite.content import vocabulary
from vasite.content.models import SiteImage
from vasite.content.private_images import PREFIX, move_images
from vasite.content.renditions import make_missing_renditions, missing_renditions
from vasite.content.visibility import visible
from vasite.retention import RETENTION
from vasite.serving.queue import enqueue_once, enqueue_rest
from vasite.serving.slices import for_each_in_slices, in_batches

REVISIONS_AT_ONCE = 500


@task()
def learn_words(page_id: int) -> None:
    """Makes the words of a page that was published known to the search's suggestions."""
    for page in visible(Page.objects.filter(pk=page_id)).specific():
        vocabulary.learn(searchable_text(page))


@task(priority=-10)
def count_words(after: int = 0, counted: dict[str, int] | None = None) -> None:
    """Count anew on how many public pages each word stands.

    After SLICE_SECONDS the task is enqueued with the page it has come to and what it has counted.
    """
    until = time.monotonic() + settings.SLICE_SECONDS
    counts = Counter(counted or {})
    for page in in_batches(visible(Page.objects.filter(depth__gt=1)).specific(), after):
        counts.update(vocabulary.words_of(searchable_text(page)))
        if time.monotonic() >= until:
            enqueue_rest(count_words, after=page.pk, counted=counts)
            return
    vocabulary.replace_all(counts)


def searchable_text(page: Page) -> str:
    return f"{page.title}\n{getattr(page, 'text', '')}"


@task(priority=-10)
def index_again() -> None:
    """Write the search index anew, as after an update that indexes texts in another way."""
    call_command("update_index", verbosity=0)


@task(priority=-10)
def make_renditions(image_id: int, start: int = 0) -> None:
    """Make the renditions of a public image; one that is deleted meanwhile is passed over."""
    images = SiteImage.objects.filter(pk=image_id).exclude(file__startswith=PREFIX)
    for image in images:
        try:
            place = make_missing_renditions(image, start, settings.SLICE_SECONDS)
        except (IntegrityError, SourceImageIOError):
            if images.all().exists():
                raise
        else:
            if place:
                make_renditions.enqueue(image_id, start=place)


@task()
def move_private_images() -> None:
    """Move the images whose collection became private or public by a way that sends no signal."""
    move_images()


@task(priority=-10)
def complete_renditions(after: int = 0) -> None:
    """Have made what images lack, as after an update of the site that shows them in new sizes, or
    after a power cut that left a damaged file."""
    images = SiteImage.objects.exclude(file__startswith=PREFIX).prefetch_related("renditions")
    for_each_in_slices(complete_renditions, after, "Image sizes", images, complete_renditions_of)


def complete_renditions_of(image: SiteImage) -> None:
    """Have made what one image lacks."""
    if missing_renditions(image):
        make_renditions.enqueue(image.pk)


@task()
def delete_old_revisions() -> int:
    """Delete earlier versions of pages and other content, and return their number.

    The latest version, the public one and those scheduled are never deleted. A few at a time, so
    that nobody who saves meanwhile waits for long.
    """
    later = Revision.objects.filter(
        base_content_type=OuterRef("base_content_type"),
        object_id=OuterRef("object_id"),
        created_at__gt=OuterRef("created_at"),
    )
    public = Page.objects.exclude(live_revision=None).values("live_revision")
    old = Revision.objects.filter(
        Exists(later),
        approved_go_live_at=None,
        created_at__lt=timezone.now() - RETENTION["revisions"].period,
    ).exclude(pk__in=public)
    deleted, until = 0, time.monotonic() + settings.SLICE_SECONDS
    while keys := list(old.order_by().values_list("pk", flat=True)[:REVISIONS_AT_ONCE]):
        Revision.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
        if time.monotonic() >= until:
            enqueue_once(delete_old_revisions)
            break
    return deleted
