"""Image work, done by the worker."""

from __future__ import annotations

from django.db import IntegrityError
from django_tasks import task
from wagtail.images.models import SourceImageIOError
from wagtail.models import Page

from vasite.content import vocabulary
from vasite.content.models import SiteImage
from vasite.content.pictures import all_specs, made, make_missing_renditions
from vasite.content.visibility import visible


@task()
def learn_words(page_id: int) -> None:
    """Makes the words of a page that was published known to the search's suggestions."""
    for page in Page.objects.live().filter(pk=page_id).specific():
        vocabulary.learn(searchable_text(page))


@task()
def count_words() -> int:
    """Counts anew on how many public pages each word stands, and gives the number of words."""
    pages = visible(Page.objects.filter(depth__gt=1)).specific()
    return vocabulary.count_all(searchable_text(page) for page in pages.iterator(chunk_size=200))


def searchable_text(page: Page) -> str:
    return f"{page.title}\n{getattr(page, 'text', '')}"


@task(priority=-10)  # minutes of work after an upload of many: all else comes first
def make_renditions(image_id: int) -> None:
    """Makes the renditions of an image; one that is deleted meanwhile is passed over."""
    images = SiteImage.objects.filter(pk=image_id)
    for image in images:
        try:
            make_missing_renditions(image)
        except (IntegrityError, SourceImageIOError):
            if images.all().exists():
                raise


@task(priority=-10)
def complete_renditions() -> None:
    """Has made what pictures lack, as after an update of the site that shows them in new sizes."""
    for image in SiteImage.objects.prefetch_related("renditions").iterator(chunk_size=100):
        specs = all_specs(image)
        if len(made(image, specs)) < len(specs):
            make_renditions.enqueue(image.pk)
