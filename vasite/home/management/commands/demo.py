"""`make demo-reset`: puts the demo content back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from wagtail.models import Page

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.home.demo.pages import DemoSite, build_empty_site
from vasite.mail.models import OutgoingMail


class Command(BaseCommand):
    help = "Writes the demo content, or with --empty the standard pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="standard pages only")
        parser.add_argument(
            "--reset", action="store_true", help="first delete all pages, pictures and messages"
        )

    @transaction.atomic
    def handle(self, *args: Any, empty: bool, reset: bool, **options: Any) -> None:
        if reset:
            for model in (Comment, Subscriber, Enquiry, OutgoingMail, BusinessSettings):
                model.objects.all().delete()
            for page in Page.objects.filter(depth=2):
                page.delete()
            for image in SiteImage.objects.all():
                image.delete()
        build_empty_site() if empty else DemoSite.build()
        if options["verbosity"]:
            self.stdout.write("Done. Look at it: make run")
