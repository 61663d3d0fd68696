"""What posts are gathered under: categories, and series to be read in order."""

from __future__ import annotations

from django.db import models
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.search import index

from vasite.content.optimistic_lock import OptimisticLockForm


class Topic(index.Indexed, models.Model):
    """Abstract: a name with an address and a few words of its own."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(
        "address", max_length=60, unique=True, help_text="The last part of the page's address."
    )
    introduction = models.TextField(
        blank=True,
        max_length=400,
        help_text="One or two sentences above its posts, also shown by search engines.",
    )

    base_form_class = OptimisticLockForm
    panels = [TitleFieldPanel("name"), FieldPanel("slug"), FieldPanel("introduction")]
    search_fields = [index.AutocompleteField("name")]

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Category(Topic):
    """A subject that the blog comes back to."""

    class Meta(Topic.Meta):
        verbose_name = "category"
        verbose_name_plural = "categories"


class Series(Topic):  # type: ignore[django-manager-missing]
    """Posts that are read one after the other, oldest first."""

    class Meta(Topic.Meta):
        verbose_name = "series"
        verbose_name_plural = "series"
