"""Image work, done by the worker."""

from __future__ import annotations

import time
from collections import Counter

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_tasks import task
from wagtail.images.models import SourceImageIOError
from wagtail.models import Page, Revision
from wagtail.search.backends import get_search_backend
from wagtail.search.index import get_indexed_models

from vasite.content import vocabulary
from vasite.content.models import SiteImage
from vasite.content.private_images import hide_images, images_to_show, move_image
from vasite.content.renditions import make_missing_renditions, missing_renditions
from vasite.content.visibility import visible
from vasite.retention import RETENTION
from vasite.serving.faults import AllFailedError, attempt
from vasite.serving.queue import enqueue_once, enqueue_rest
from vasite.serving.slices import batches, delete_in_slices, for_each_in_slices, in_batches

INDEXED_AT_ONCE = 50


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
def index_again(model: str = "", after: int = 0) -> None:
    """Write the search index anew, as after an update that indexes texts in another way.

    As Wagtail's `update_index` does, but a few rows at a time: SQLite lets nobody else write
    meanwhile. After SLICE_SECONDS the task is enqueued with the model and the row it has come to.
    """
    until = time.monotonic() + settings.SLICE_SECONDS
    backend = get_search_backend()
    models = {one._meta.label: one for one in get_indexed_models()}
    labels = list(models)
    for label in labels[labels.index(model) if model in labels else 0 :]:
        index = backend.get_index_for_model(models[label])
        for batch in batches(models[label].get_indexed_objects(), after, INDEXED_AT_ONCE):
            index.add_items(models[label], batch)
            if time.monotonic() >= until:
                enqueue_rest(index_again, model=label, after=batch[-1].pk)
                return
        after = 0
    rebuilder = backend.rebuilder_class(backend.get_index_for_model(Page))
    rebuilder.start()  # which deletes what has no row any more
    rebuilder.finish()  # which weighs titles by the length of all


@task(priority=-10)
def make_renditions(image_id: int, start: int = 0) -> None:
    """Make the renditions of an image.

    A failure is noted, so that the dashboard shows it; complete_renditions tries again each night.
    """
    if not attempt("Sizes of an image", image_id, make_some_renditions, image_id, start):
        raise AllFailedError(f"Image {image_id}")


def make_some_renditions(image_id: int, start: int) -> None:
    """Make renditions for SLICE_SECONDS; an image that is deleted meanwhile is passed over."""
    images = SiteImage.objects.filter(pk=image_id)
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
def move_private_images(after: int = 0) -> None:
    """Move the images whose collection became private or public: what a request has left, and what
    changed by a way that sends no signal."""
    if hide_images(settings.SLICE_SECONDS):
        shown = images_to_show()
        for_each_in_slices(move_private_images, after, "Private images", shown, move_image)
    else:
        enqueue_once(move_private_images)


def follow_privacy() -> None:
    """Hide at once the images that became private, as far as a request may take; leave the rest,
    and those that became public, to the worker."""
    if not hide_images(settings.HIDING_SECONDS) or images_to_show().exists():
        enqueue_once(move_private_images)


@task(priority=-10)
def complete_renditions(after: int = 0) -> None:
    """Have made what images lack, as after an update of the site that shows them in new sizes, or
    after a power cut that left a damaged file."""
    images = SiteImage.objects.prefetch_related("renditions")
    for_each_in_slices(complete_renditions, after, "Image sizes", images, complete_renditions_of)


def complete_renditions_of(image: SiteImage) -> None:
    """Have made what one image lacks."""
    if missing_renditions(image):
        make_renditions.enqueue(image.pk)


@task()
def delete_old_revisions() -> int:
    """Delete earlier versions of pages and other content, and return their number.

    The latest version, the public one and those scheduled are never deleted.
    """
    before = timezone.now() - RETENTION["revisions"].period
    return delete_in_slices(delete_old_revisions, earlier_versions().filter(created_at__lt=before))


def earlier_versions() -> QuerySet[Revision]:
    """Return the versions of pages and other content that are neither the latest nor public nor
    scheduled."""
    later = Revision.objects.filter(
        base_content_type=OuterRef("base_content_type"),
        object_id=OuterRef("object_id"),
        created_at__gt=OuterRef("created_at"),
    )
    public = Page.objects.exclude(live_revision=None).values("live_revision")
    return Revision.objects.filter(Exists(later), approved_go_live_at=None).exclude(pk__in=public)
