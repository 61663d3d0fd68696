"""Images of private collections: their files lie where no address of the site reaches them.

Wagtail guards the documents of a private collection but serves its images to everybody. Here the
files of such an image are moved to the private part of the media, pages leave it out, and only
the admin shows it. (docs/decisions/0025-private-files.md)
"""

from __future__ import annotations

from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from wagtail.images.permissions import permission_policy

from vasite.content.models import SiteImage, SiteRendition
from vasite.content.visibility import restricted_collections
from vasite.pagecache.watching import withdraw
from vasite.serving.faults import attempt
from vasite.serving.media import PRIVATE_FOLDER

PREFIX = f"{PRIVATE_FOLDER}/"
image_moved = Signal()  # with `image`, after its file became private or public


def move_images() -> None:
    """Move the files of all images whose place doesn't fit their collection's privacy. One that
    can't be moved keeps no other where everybody may see it."""
    restricted = Q(collection__in=restricted_collections())
    private = Q(file__startswith=PREFIX)
    for image in SiteImage.objects.filter((restricted & ~private) | (~restricted & private)):
        attempt("Private images", image.pk, move_image, image)
    # Made by the worker while the image was being moved
    strays = SiteRendition.objects.filter(image__file__startswith=PREFIX)
    for rendition in strays.exclude(file__startswith=PREFIX):
        rendition.delete()


def move_image(image: SiteImage) -> None:
    """Move an image's file and delete its renditions, which are made anew in the right place."""
    old_name = image.file.name
    new_name = old_name.removeprefix(PREFIX) if old_name.startswith(PREFIX) else PREFIX + old_name
    if default_storage.exists(old_name):
        with default_storage.open(old_name) as file:
            # Or the longest names would not fit into their column any more
            length = SiteImage._meta.get_field("file").max_length
            new_name = default_storage.save(new_name, file, max_length=length)
    with transaction.atomic():
        SiteImage.objects.filter(pk=image.pk).update(file=new_name)
        for rendition in image.renditions.all():
            transaction.on_commit(partial(default_storage.delete, rendition.file.name))
            rendition.delete()
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
