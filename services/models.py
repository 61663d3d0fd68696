"""Service pages and the page that lists them with their prices."""

from __future__ import annotations

from typing import Any

from django.db import models
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageQuerySet
from wagtail.search import index

from vasite.content.models import ContentPage
from vasite.content.visibility import visible


class ServicesIndexPage(ContentPage):
    """All services with their prices."""

    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types = ["services.ServicePage"]
    template = "services/index.html"
    page_description = "The page that lists what you offer"

    class Meta:
        verbose_name = "list of services"

    @property
    def services(self) -> PageQuerySet:
        """The public services in the order of the menu."""
        return (
            visible(ServicePage.objects.child_of(self))
            .select_related("picture")
            .prefetch_related("picture__renditions")
            .order_by("path")
        )

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"services": self.services}


class ServicePage(ContentPage):
    """One service: what it is, for whom, what is included and what it costs."""

    class Unit(models.TextChoices):
        HOUR = "hour", "an hour"
        MONTH = "month", "a month"
        PROJECT = "project", "a project"
        ONCE = "once", "once"

    picture = models.ForeignKey(
        "content.SiteImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    for_whom = models.CharField(
        "who it is for", max_length=200, blank=True, help_text="“Tradespeople who hate invoices”"
    )
    included = StreamField(
        [("item", blocks.CharBlock(max_length=120))],
        blank=True,
        verbose_name="what is included",
    )
    price = models.DecimalField("price in £", max_digits=8, decimal_places=2, null=True, blank=True)
    price_unit = models.CharField(
        "price is for", max_length=10, choices=Unit, default=Unit.HOUR, blank=True
    )
    is_price_from = models.BooleanField("the price begins there (“from”)", default=True)

    parent_page_types = ["services.ServicesIndexPage"]
    subpage_types: list[str] = []
    template = "services/service.html"
    page_description = "One thing you do for your clients"

    content_panels = [
        *ContentPage.content_panels[:2],
        FieldPanel("picture"),
        FieldPanel("for_whom"),
        MultiFieldPanel(
            [FieldPanel("price"), FieldPanel("price_unit"), FieldPanel("is_price_from")], "Price"
        ),
        FieldPanel("included"),
        *ContentPage.content_panels[2:],
    ]
    search_fields = [*ContentPage.search_fields, index.SearchField("for_whom")]

    class Meta:
        verbose_name = "service"
