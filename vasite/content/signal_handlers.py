"""What happens when a picture is stored or goes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from vasite.content.models import SiteImage, SiteRendition
from vasite.content.tasks import make_renditions


@receiver(post_save, sender=SiteImage)
def make_renditions_of_new_file(instance: SiteImage, **kwargs: Any) -> None:
    make_renditions.enqueue(instance.pk)


@receiver(post_delete, sender=SiteImage)
@receiver(post_delete, sender=SiteRendition)
def delete_file(instance: SiteImage | SiteRendition, **kwargs: Any) -> None:
    instance.file.delete(save=False)
