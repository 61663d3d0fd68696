"""Edits of all kinds in a process of its own: `python -m tests.faults.editing NUMBER`.

Prints a line of JSON for each: what was edited, its number, and when it began and was committed, by
the clock that all processes share.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vasite.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Page  # noqa: E402

from blog.models import BlogPostPage  # noqa: E402
from newsletter.models import Comment, CommentSettings  # noqa: E402
from newsletter.moderation import moderate  # noqa: E402
from services.models import ServicesIndexPage  # noqa: E402
from vasite.business.models import BusinessSettings  # noqa: E402

TITLED, MOVED, TOGGLED = BlogPostPage.objects.order_by("-pk")


def settings(number: int) -> None:
    business = BusinessSettings.load()
    business.name = f"Name-{number:06}"
    business.save()


def publish(number: int) -> None:
    TITLED.refresh_from_db()
    TITLED.title = f"Title-{number:06}"
    TITLED.save_revision().publish()


def comment(number: int) -> None:
    words = f"Comment-{number:06}"
    one = Comment(page=TITLED, name="Tom", email="tom@example.com", comment=words)
    one.set_content("Tom", "tom@example.com", words)
    one.save()
    moderate(Comment.objects.filter(pk=one.pk), "approved")


def rename(number: int) -> None:
    MOVED.refresh_from_db()
    MOVED.slug = f"slug-{number:06}"
    MOVED.save_revision().publish()


def menu(number: int) -> None:
    page = ServicesIndexPage.objects.get()
    page.title = f"Menu-{number:06}"
    page.save()


def toggle(number: int) -> None:
    """Odd ones take the page away, half of them as its expiry does; even ones publish it again."""
    page = BlogPostPage.objects.get(pk=TOGGLED.pk)
    if number % 2 == 0:
        page.expire_at = None
        page.save_revision().publish()
    elif number % 4 == 1:
        page.unpublish()
    else:
        Page.objects.filter(pk=page.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
        call_command("publish_scheduled")


EDITS = (settings, publish, comment, rename, menu, toggle)


def main(number: int) -> None:
    CommentSettings.objects.update(newest_first=True)  # a page shows fifty
    chosen = random.Random(7)  # noqa: S311 - the same edits each time
    counts = dict.fromkeys(EDITS, 0)
    for _ in range(number):
        edit = chosen.choice(EDITS)
        counts[edit] += 1
        began = time.monotonic()
        edit(counts[edit])
        line = [edit.__name__, counts[edit], began, time.monotonic()]
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
