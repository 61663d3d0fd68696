"""The top floor: the home page puts the apps' pieces together."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.forms import CheckboxSelectMultiple
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page

from blog.models import BlogPostPage
from services.models import ServicesIndexPage, Testimonial
from vasite.content.models import ContentPage

LATEST_POSTS = 3


class HomePage(ContentPage):
    """The first page: who, what, where, how much, and the way to get in touch."""

    hero_title = models.CharField(
        "headline", max_length=120, help_text="What a visitor gets from you, in one sentence."
    )
    picture = models.ForeignKey(
        "content.SiteImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    action_label = models.CharField("button", max_length=40, default="Tell me what you need")
    closing_title = models.CharField("last heading", max_length=120, blank=True)
    closing_text = models.TextField("last words", max_length=300, blank=True)
    testimonials = ParentalManyToManyField(Testimonial, blank=True, related_name="+")

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "home.StandardPage",
        "services.ServicesIndexPage",
        "services.AreaPage",
        "blog.BlogIndexPage",
        "contact.ContactPage",
        "newsletter.NewsletterPage",
    ]
    template = "home/home.html"
    page_description = "The first page of your website"

    content_panels = [
        ContentPage.content_panels[0],
        MultiFieldPanel(
            [
                FieldPanel("hero_title"),
                FieldPanel("introduction"),
                FieldPanel("picture"),
                FieldPanel("action_label"),
            ],
            "First screen",
        ),
        FieldPanel("body"),
        FieldPanel("testimonials", widget=CheckboxSelectMultiple),
        MultiFieldPanel([FieldPanel("closing_title"), FieldPanel("closing_text")], "At the end"),
    ]

    class Meta:
        verbose_name = "home page"

    @property
    def card_title(self) -> str:
        return self.hero_title

    def route(self, request: Any, path_components: list[str]) -> Any:
        """Finds the page of an address by the address as a whole, not level by level."""
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            # The slug has an index, the whole address has none. Posts are most of all pages, and
            # none of them stands right below this one.
            for model in (BlogPostPage, Page) if len(path_components) > 1 else (Page,):
                found = model.objects.filter(slug=path_components[-1], url_path=url_path)
                for page in found.order_by()[:1]:  # first() would put it in order
                    return page.specific.route(request, [])
        return super().route(request, path_components)

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        services_page = ServicesIndexPage.objects.live().first()
        return super().get_context(request, *args, **kwargs) | {
            "services_page": services_page,
            "services": services_page.services if services_page else [],
            "posts": BlogPostPage.objects.published()[:LATEST_POSTS],
        }


class StandardPage(ContentPage):
    """A page of text: about, privacy, accessibility."""

    picture = models.ForeignKey(
        "content.SiteImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    parent_page_types = ["home.HomePage"]
    subpage_types: list[str] = []
    template = "home/standard.html"
    page_description = "A page of text, such as “About me”"
    content_panels = [
        *ContentPage.content_panels[:2],
        FieldPanel("picture"),
        *ContentPage.content_panels[2:],
    ]

    class Meta:
        verbose_name = "standard page"
