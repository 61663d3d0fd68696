"""What happens when a picture is stored or a page published. (When a picture goes, Wagtail
deletes its files.)"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published

from vasite.content.models import SiteImage
from vasite.content.tasks import learn_words, make_renditions


@receiver(post_save, sender=SiteImage)
def make_renditions_of_new_file(instance: SiteImage, **kwargs: Any) -> None:
    make_renditions.enqueue(instance.pk)


@receiver(page_published)
def learn_words_of_page(instance: Page, **kwargs: Any) -> None:
    learn_words.enqueue(instance.pk)
