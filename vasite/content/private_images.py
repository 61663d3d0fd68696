"""Images of private collections: their files lie where no address of the site reaches them.

Wagtail guards the documents of a private collection but serves its images to everybody. Here the
files of such an image are moved to the private part of the media, pages leave it out, and only
the admin shows it. (docs/decisions/0025-private-files.md)
"""

from __future__ import annotations

from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from wagtail.images.permissions import permission_policy

from vasite.content.models import SiteImage, SiteRendition
from vasite.content.visibility import restricted_collections
from vasite.pagecache.watching import withdraw
from vasite.serving.media import PRIVATE_FOLDER
from vasite.serving.slices import for_each_within

PREFIX = f"{PRIVATE_FOLDER}/"
image_moved = Signal()  # with `image`, after its file became private or public


def images_to_hide() -> QuerySet[SiteImage]:
    """Return the images of private collections whose files lie where everybody may see them."""
    private = SiteImage.objects.filter(collection__in=restricted_collections())
    return private.exclude(file__startswith=PREFIX)


def images_to_show() -> QuerySet[SiteImage]:
    """Return the images of public collections whose files lie where nobody may see them."""
    public = SiteImage.objects.exclude(collection__in=restricted_collections())
    return public.filter(file__startswith=PREFIX)


def hide_images(seconds: float) -> bool:
    """Move the files of images that became private, and return whether that took no longer than
    some seconds. One that can't be moved keeps no other where everybody may see it."""
    if not for_each_within(seconds, "Private images", images_to_hide(), move_image):
        return False
    # Made by the worker while the image was being moved
    strays = SiteRendition.objects.filter(image__file__startswith=PREFIX)
    for rendition in strays.exclude(file__startswith=PREFIX):
        rendition.delete()
    return True


def move_image(image: SiteImage) -> None:
    """Move an image's file and delete its renditions, which are made anew in the right place."""
    old_name = image.file.name
    new_name = old_name.removeprefix(PREFIX) if old_name.startswith(PREFIX) else PREFIX + old_name
    has_copied = default_storage.exists(old_name)
    if has_copied:
        with default_storage.open(old_name) as file:
            # Or the longest names would not fit into their column any more
            length = SiteImage._meta.get_field("file").max_length
            new_name = default_storage.save(new_name, file, max_length=length)
    with transaction.atomic():
        if not SiteImage.objects.filter(pk=image.pk, file=old_name).update(file=new_name):
            if has_copied:  # while somebody else moved or deleted it
                default_storage.delete(new_name)
            return
        renditions = image.renditions.all()
        for rendition in renditions:
            rendition.purge_from_cache()
            transaction.on_commit(partial(default_storage.delete, rendition.file.name))
        # Without signals (read in Django 5.2): Wagtail's would enqueue a task for each of the fifty
        renditions._raw_delete(renditions.db)
        transaction.on_commit(partial(default_storage.delete, old_name))
        transaction.on_commit(withdraw)
    image.file.name = new_name
    image_moved.send(SiteImage, image=image)


def private_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a private image, or a rendition of one, to those who may choose it in the admin."""
    found = Q(file=path) | Q(renditions__file=path)
    image = SiteImage.objects.filter(found).distinct().first()
    actions = ["choose", "add", "change", "delete"]
    if image is None or not permission_policy.user_has_any_permission_for_instance(
        request.user, actions, image
    ):
        raise Http404
    try:
        response = FileResponse(default_storage.open(path))
    except FileNotFoundError:
        raise Http404 from None
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
