"""What happens when a picture is stored. (When one goes, Wagtail deletes its files.)"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from vasite.content.models import SiteImage
from vasite.content.tasks import make_renditions


@receiver(post_save, sender=SiteImage)
def make_renditions_of_new_file(instance: SiteImage, **kwargs: Any) -> None:
    make_renditions.enqueue(instance.pk)
