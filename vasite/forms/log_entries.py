"""Lines of the admin's history about people: which entry, not whose."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_save
from django.dispatch import receiver
from wagtail.models import ModelLogEntry


@receiver(pre_save, sender=ModelLogEntry)
def leave_names_out(instance: ModelLogEntry, **kwargs: Any) -> None:
    """Name the entry of a model with `names_people` by its number: the history outlives it."""
    model = instance.content_type.model_class() if instance.content_type else None
    if model and getattr(model, "names_people", False):
        name = str(model._meta.verbose_name).capitalize()
        instance.label, instance.data = f"{name} {instance.object_id}", {}
