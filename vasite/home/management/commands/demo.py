"""`make demo-reset`: puts the demo content back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import Page

from blog.models import Category, Series
from contact.models import Enquiry
from newsletter.models import Campaign, Comment, Subscriber
from services.models import Testimonial
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.home.demo.pages import DemoSite, build_empty_site
from vasite.mail.models import OutgoingMail
from vasite.seo.tasks import content_pages, draw_card

QUESTION = (
    "This deletes all pages, pictures, enquiries, comments, letters and subscribers. Type yes: "
)


def is_agreed() -> bool:
    """Ask whether all may be deleted; where nobody can answer, it may not."""
    try:
        return input(QUESTION) == "yes"
    except EOFError:
        return False


class Command(BaseCommand):
    help = "Writes the demo content, or with --empty the standard pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="standard pages only")
        parser.add_argument(
            "--reset", action="store_true", help="first delete all pages, pictures and messages"
        )

    def handle(self, *args: Any, reset: bool, **options: Any) -> None:
        if reset and not is_agreed():
            raise CommandError("Nothing was changed.")
        self.write(reset=reset, **options)
        for page in content_pages(Page.objects.all()):  # which are the first thing visitors see
            draw_card(page.pk)

    @transaction.atomic
    def write(self, *, empty: bool, reset: bool, **options: Any) -> None:
        if reset:
            for model in (Comment, Campaign, Subscriber, Enquiry, OutgoingMail, BusinessSettings):
                model.objects.all().delete()
            for page in Page.objects.filter(depth=2):
                page.delete()
            for model in (Category, Series, Testimonial):
                model.objects.all().delete()
            for image in SiteImage.objects.all():
                image.delete()
            DBTaskResult.objects.ready().delete()  # work on what was deleted
        build_empty_site() if empty else DemoSite.build()
        now = timezone.now()
        pages = Page.objects.filter(depth__gt=1, live=True, last_published_at=None)
        pages.update(first_published_at=now, last_published_at=now)
        if options["verbosity"]:
            self.stdout.write("Done. Look at it: make run")
