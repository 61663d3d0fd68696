"""Image work, done by the worker."""

from __future__ import annotations

from django_tasks import task


@task()
def make_renditions(image_id: int) -> None:
    """Makes the renditions of an image; one deleted meanwhile is passed over."""
    from vasite.content.models import SiteImage
    from vasite.content.pictures import make_missing_renditions

    image = SiteImage.objects.filter(pk=image_id).first()
    if image:
        make_missing_renditions(image)
