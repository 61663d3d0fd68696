"""Image work, done by the worker."""

from __future__ import annotations

from django.db import IntegrityError
from django_tasks import task
from wagtail.images.models import SourceImageIOError

from vasite.content.models import SiteImage
from vasite.content.pictures import make_missing_renditions


@task()
def make_renditions(image_id: int) -> None:
    """Makes the renditions of an image; one that is deleted meanwhile is passed over."""
    images = SiteImage.objects.filter(pk=image_id)
    for image in images:
        try:
            make_missing_renditions(image)
        except (IntegrityError, SourceImageIOError):
            if images.all().exists():
                raise
