"""What clients said."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.search import index

from vasite.content.optimistic_lock import OptimisticLockForm


class Testimonial(index.Indexed, models.Model):
    """A client's words, shown with their consent or marked as a sample."""

    text = models.TextField(max_length=1000)
    name = models.CharField(max_length=80)
    business = models.CharField(max_length=80, blank=True, help_text="“Florist, Malvern”")
    has_consent = models.BooleanField(
        "they agreed that you publish it",
        default=False,
        help_text="UK GDPR: keep the mail in which they said so.",
    )
    is_sample = models.BooleanField(
        "sample", default=False, help_text="Not a real client’s words: shows “Sample” beside it."
    )

    base_form_class = OptimisticLockForm
    panels = [
        FieldPanel("text"),
        FieldPanel("name"),
        FieldPanel("business"),
        FieldPanel("has_consent"),
        FieldPanel("is_sample"),
    ]
    search_fields = [index.AutocompleteField("name"), index.AutocompleteField("business")]

    class Meta:
        verbose_name = "testimonial"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name}, {self.business}" if self.business else self.name

    def clean(self) -> None:
        if not self.has_consent and not self.is_sample:
            raise ValidationError(
                {"has_consent": "Ask them first. Until then it can only be shown as a sample."}
            )
