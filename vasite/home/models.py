"""The top floor: the home page puts the apps' pieces together."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.forms import CheckboxSelectMultiple
from django.http import Http404, HttpRequest
from django.urls import Resolver404
from django.utils import timezone
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin
from wagtail.models import Page, get_page_models
from wagtail.url_routing import RouteResult

from blog.models import BlogPostPage
from services.models import ServicesIndexPage, Testimonial
from vasite.content.models import ContentPage
from vasite.email_fields import EmailKeyField
from vasite.pagecache.remembering import remembered

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

    must_stay = True
    removal_warning = (
        "Your website needs its home page: without it your address would show nothing. "
        "It can be edited, but neither unpublished nor deleted."
    )
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
        FieldPanel(
            "testimonials",
            widget=CheckboxSelectMultiple,
            help_text="Tick those to show here. You write them under Services → Testimonials.",
        ),
        MultiFieldPanel([FieldPanel("closing_title"), FieldPanel("closing_text")], "At the end"),
    ]

    class Meta:
        verbose_name = "home page"

    @property
    def card_title(self) -> str:
        return self.hero_title

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find the page of an address by the address as a whole, not level by level.

        Raises Http404 for one that has none, after one query of two columns: floods ask for those.
        """
        if not path_components:
            return super().route(request, path_components)
        url_path = f"{self.url_path}{'/'.join(path_components)}/"
        # The slug has an index, the whole address has none; first() would put them in order
        found = Page.objects.filter(slug=path_components[-1], url_path=url_path).order_by()
        for pk, content_type in found.values_list("pk", "content_type_id")[:1]:
            kind = ContentType.objects.get_for_id(content_type)
            for page in kind.get_all_objects_for_this_type(pk=pk):
                return page.route(request, [])
        for above, model in remembered("routable pages", routable_pages).items():
            route_path = url_path.removeprefix(above.rstrip("/"))
            if route_path != url_path and is_route(model, route_path):
                page = model.objects.get(url_path=above)
                return page.route(request, route_path.strip("/").split("/"))
        raise Http404

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        services_page = ServicesIndexPage.objects.live().first()
        return super().get_context(request, *args, **kwargs) | {
            "services_page": services_page,
            "services": services_page.services if services_page else [],
            "posts": BlogPostPage.objects.published()[:LATEST_POSTS],
        }


def routable_pages() -> dict[str, type[RoutablePageMixin]]:
    """Return the pages that have addresses of their own below them, such as archives."""
    models = [model for model in get_page_models() if issubclass(model, RoutablePageMixin)]
    return {
        path: model for model in models for path in model.objects.values_list("url_path", flat=True)
    }


def is_route(model: type[RoutablePageMixin], path: str) -> bool:
    """Tell whether pages of a type have an address of their own at a path below them."""
    try:
        model.get_resolver().resolve(path)
    except Resolver404:
        return False
    return True


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


class LinkRequest(models.Model):
    """A request for a link by email, until the background worker has dealt with it.

    Whoever asks gets the same response after the same time, whether the address is known or not.
    """

    class Purpose(models.TextChoices):
        DATA = "data", "See what is kept"
        PASSWORD = "password", "Reset a password"

    purpose = models.CharField(max_length=8, choices=Purpose)
    email = models.EmailField("e-mail")
    email_key = EmailKeyField(db_index=True)
    asked_at = models.DateTimeField("asked", default=timezone.now)

    wagtail_reference_index_ignore = True
    names_people = True

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.asked_at:%-d %B %Y}"


class DataRequest(models.Model):
    """A link to a person's data, for three days; its address is emptied once they are erased."""

    names_people = True

    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=320, blank=True)
    email_key = EmailKeyField(db_index=True)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"Data request {self.pk}"


MAX_DETAIL_LENGTH = 300  # characters


class Trouble(models.Model):
    """A kind of trouble that the site has, until it has been gone for a while."""

    class Kind(models.TextChoices):
        WORKER = "worker", "The background worker has stopped"
        EMAIL = "email", "Emails can’t be delivered"
        DISK = "disk", "The disk is almost full"
        CERTIFICATE = "certificate", "The website’s certificate needs renewing"
        UNREACHABLE = "unreachable", "The website can’t reach itself at its address"
        TASKS = "tasks", "Background tasks keep failing"
        BACKUP = "backup", "The last backup failed"

    kind = models.CharField(max_length=12, choices=Kind, unique=True)
    detail = models.CharField(max_length=MAX_DETAIL_LENGTH)
    since = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    email_due_at = models.DateTimeField(null=True, default=timezone.now)
    well_since = models.DateTimeField(null=True)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["since"]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def advice(self) -> str:
        return ADVICE[self.Kind(self.kind)]


# What it means, and what to do
ADVICE = {
    Trouble.Kind.WORKER: (
        "Until it runs again, no email goes out and nothing is published on schedule. Nothing is "
        "lost. Ask whoever looks after your website’s server to restart the website and look at "
        "its log."
    ),
    Trouble.Kind.EMAIL: (
        "Open the Outbox to see what the mail server said. Nothing is lost: once it takes emails "
        "again, those that are waiting go out by themselves, and you can send the refused ones "
        "again. If the server refuses the password, ask whoever looks after your website’s server "
        "to correct EMAIL_URL."
    ),
    Trouble.Kind.DISK: (
        "Once it is full, forms and uploads no longer work. Delete large files that you no longer "
        "need, or ask whoever looks after your website’s server for more space."
    ),
    Trouble.Kind.CERTIFICATE: (
        "Without a valid certificate, browsers warn people not to visit your website. It should "
        "renew itself, so ask whoever looks after your website’s server to find out why it did "
        "not."
    ),
    Trouble.Kind.UNREACHABLE: (
        "Open your website on your phone with Wi-Fi switched off. If it opens, all is well for "
        "your visitors; only the certificate can’t be checked from the server. If it doesn’t, ask "
        "whoever looks after your website’s server or your domain name to look into it."
    ),
    Trouble.Kind.TASKS: (
        "Your website works, but some of its background work isn’t getting done. Ask whoever "
        "looks after your website’s server to look for these names in its log."
    ),
    Trouble.Kind.BACKUP: (
        "Your website works, but if its server were lost now, everything since the last good "
        "backup would be lost with it. Ask whoever looks after your website’s server to find out "
        "why it failed."
    ),
}
