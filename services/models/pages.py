"""Service pages, the page that lists them with their prices, and pages for places."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.forms import CheckboxSelectMultiple
from modelcluster.fields import ParentalManyToManyField
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageQuerySet
from wagtail.search import index

from blog.models import BlogPostPage, Category
from services.models.testimonials import Testimonial
from vasite.content.blocks import PriceBlock
from vasite.content.models import ContentPage
from vasite.content.prices import Price, Unit
from vasite.content.visibility import last_publication, visible
from vasite.seo.structured_data import BUSINESS_ID, offer

RELATED_POSTS = 3


class ServicesIndexPage(ContentPage):
    """All services with their prices."""

    removal_warning = (
        "This page lists your services: while it is away, nobody finds all of them and their "
        "prices in one place."
    )
    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types = ["services.ServicePage"]
    template = "services/index.html"
    page_description = "The page that lists what you offer"
    schema_type = "CollectionPage"

    class Meta:
        verbose_name = "list of services"

    @classmethod
    def last_change_of_listed(cls) -> datetime | None:
        return last_publication(public_services())

    @property
    def services(self) -> PageQuerySet:
        """The public services in the order of the menu."""
        return public_services()

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"services": self.services}


class ServicePage(ContentPage):
    """One service: what it is, for whom, what is included and what it costs."""

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
    packages = StreamField([("package", PriceBlock())], blank=True)
    testimonials = ParentalManyToManyField(Testimonial, blank=True, related_name="services")
    category = models.ForeignKey(
        Category,
        verbose_name="posts about it",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The newest posts of this category are shown below.",
    )

    is_about_work = True  # its title for search engines names the town
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
        FieldPanel("packages"),
        FieldPanel("included"),
        *ContentPage.content_panels[2:],
        FieldPanel(
            "testimonials",
            widget=CheckboxSelectMultiple,
            help_text="Tick those to show here. You write them under Services → Testimonials.",
        ),
        FieldPanel("category"),
    ]
    search_fields = [*ContentPage.search_fields, index.SearchField("for_whom")]

    class Meta:
        verbose_name = "service"

    def structured_data(self, *, url: str, business: Any) -> list[dict[str, Any]]:
        """Adds the Service with what it costs."""
        prices = [(self.title, self.own_price)] if self.own_price else []
        prices += [(package.value["name"], package.value.price) for package in self.packages]
        service = {
            "@type": "Service",
            "@id": f"{url}#service",
            "name": self.title,
            "description": self.summary,
            "serviceType": self.title,
            "url": url,
            "provider": {"@id": BUSINESS_ID},
            "areaServed": [{"@type": "Place", "name": str(area.value)} for area in business.areas],
            "offers": [offer(name, price, url) for name, price in prices],
        }
        return [service, *super().structured_data(url=url, business=business)]

    @property
    def own_price(self) -> Price | None:
        """What it costs by itself, outside a package."""
        if self.price is None:
            return None
        return Price(self.price, self.price_unit or Unit.ONCE, self.is_price_from)

    @property
    def related_posts(self) -> list[BlogPostPage]:
        """The newest posts of its category."""
        if not self.category_id:
            return []
        posts = BlogPostPage.objects.published().filter(categories=self.category_id)
        return list(posts[:RELATED_POSTS])


class AreaPage(ContentPage):
    """What the VA does in one place, for people who look for somebody near."""

    area = models.CharField("place", max_length=60, help_text="“Malvern”, as in your business.")
    picture = models.ForeignKey(
        "content.SiteImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    parent_page_types = ["home.HomePage"]
    subpage_types: list[str] = []
    template = "services/area.html"
    page_description = "Your work in one town, in words that fit no other"
    content_panels = [
        *ContentPage.content_panels[:1],
        FieldPanel("area"),
        *ContentPage.content_panels[1:2],
        FieldPanel("picture"),
        *ContentPage.content_panels[2:],
    ]
    search_fields = [*ContentPage.search_fields, index.SearchField("area")]

    class Meta:
        verbose_name = "page for a place"

    def structured_data(self, *, url: str, business: Any) -> list[dict[str, Any]]:
        """Adds the work in this place as a Service."""
        service = {
            "@type": "Service",
            "@id": f"{url}#service",
            "name": self.title,
            "description": self.summary,
            "url": url,
            "provider": {"@id": BUSINESS_ID},
            "areaServed": {"@type": "Place", "name": self.area},
        }
        return [service, *super().structured_data(url=url, business=business)]

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"services": public_services()}


def public_services() -> PageQuerySet:
    """Gives the services that anybody may see, with what a list of them shows."""
    return (
        visible(ServicePage.objects.all())
        .select_related("picture")
        .prefetch_related("picture__renditions")
        .order_by("path")
    )
