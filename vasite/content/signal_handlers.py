"""What happens when anything, a picture or a page is stored or published. (When a picture goes,
Wagtail deletes its files.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from wagtail.fields import StreamField
from wagtail.models import Collection, CollectionViewRestriction, ModelLogEntry, Page
from wagtail.search.models import IndexEntry
from wagtail.signals import page_published

from vasite.characters import clean_data, clean_text
from vasite.content.models import SiteImage
from vasite.content.private_images import image_moved
from vasite.content.tasks import follow_privacy, index_again, learn_words, make_renditions


@receiver(pre_save)
def clean_texts(instance: models.Model, **kwargs: Any) -> None:
    """Clean the texts of anything that is saved, whichever way it came: a mailbox, a provider's
    report, an import, a command. Forms have cleaned theirs before."""
    for field in instance._meta.concrete_fields:
        if field.attname not in instance.__dict__:
            continue  # deferred, and therefore not saved
        value = instance.__dict__[field.attname]
        if isinstance(field, StreamField):
            raw = field.get_prep_value(value)
            if isinstance(raw, list) and (cleaned := clean_data(raw)) != raw:
                setattr(instance, field.attname, field.stream_block.to_python(cleaned))
        elif isinstance(field, models.JSONField):
            if (cleaned := clean_data(value)) != value:
                setattr(instance, field.attname, cleaned)
        elif isinstance(value, str):
            setattr(instance, field.attname, clean_text(value))


# The migration from which on the index holds texts in another form
REINDEXING = ("content", "0004_search_all_words")


def index_after_migration(plan: Sequence[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Have the index of a site that was updated written anew. `flush` sends no plan."""
    applied = {(migration.app_label, migration.name) for migration, is_undone in plan}
    if REINDEXING in applied and IndexEntry.objects.exists():
        index_again.enqueue()


@receiver(post_save, sender=SiteImage)
def make_renditions_of_new_file(instance: SiteImage, **kwargs: Any) -> None:
    make_renditions.enqueue(instance.pk)


@receiver([post_save, post_delete], sender=CollectionViewRestriction)
@receiver(post_save, sender=Collection)
@receiver(post_save, sender=SiteImage)
def move_images_of_collection(**kwargs: Any) -> None:
    transaction.on_commit(follow_privacy)


@receiver(post_save, sender=ModelLogEntry)
def move_images_of_moved_collection(instance: ModelLogEntry, **kwargs: Any) -> None:
    """Follow a collection that was moved into another: the tree sends no signal, but logs it."""
    if instance.content_type and instance.content_type.model_class() is Collection:
        transaction.on_commit(follow_privacy)


@receiver(image_moved)
def make_renditions_of_moved_image(image: SiteImage, **kwargs: Any) -> None:
    if image.is_public:
        make_renditions.enqueue(image.pk)


@receiver(page_published)
def learn_words_of_page(instance: Page, **kwargs: Any) -> None:
    learn_words.enqueue(instance.pk)
