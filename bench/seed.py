"""Fills a fresh site with posts for the bench: `python bench/seed.py 10000`.

Takes the number of posts; DATA_DIR or DATABASE_URL say where. The demo content comes first, then
the posts with categories, tags, pictures and, on the newest, comments. The same number gives the
same site.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vasite.settings")

CATEGORIES, TAGS, COMMENTED_POSTS, COMMENTS_EACH = 12, 200, 50, 20


def main(count: int) -> None:
    from django.conf import settings

    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    call_command("demo", verbosity=0)
    with transaction.atomic():
        Seed(random.Random(count)).write(count)  # noqa: S311 - the same each time
    call_command("update_index", verbosity=0)
    analyse()
    print(f"{count} posts beside the demo's", flush=True)


class Seed:
    def __init__(self, dice: random.Random) -> None:
        from django.utils import timezone

        from vasite.content.models import SiteImage

        self.dice = dice
        self.words = self.demo_words() + self.invented_words(4000)
        self.pictures = list(SiteImage.objects.order_by("pk"))
        for picture in self.pictures:  # what an editor sets in the block
            picture.contextual_alt_text, picture.decorative = picture.description, False
        self.now = timezone.now()

    def demo_words(self) -> list[str]:
        from blog.models import BlogPostPage

        return sorted({word for post in BlogPostPage.objects.all() for word in post.words})

    def invented_words(self, count: int) -> list[str]:
        syllables = ("ba", "ver", "tin", "so", "lu", "men", "ka", "ri", "do", "pel", "wor", "ces")
        return ["".join(self.dice.choices(syllables, k=3)) for _ in range(count)]

    def text(self, words: int) -> str:
        return " ".join(self.dice.choices(self.words, k=words)).capitalize()

    def write(self, count: int) -> None:
        from taggit.models import Tag

        from blog.models import BlogIndexPage, Category

        self.categories = [
            Category.objects.get_or_create(name=f"Subject {n}", slug=f"subject-{n}")[0]
            for n in range(CATEGORIES)
        ]
        self.tags = [
            Tag.objects.get_or_create(name=f"tag {n}", slug=f"tag-{n}")[0] for n in range(TAGS)
        ]
        index = BlogIndexPage.objects.get()
        first = index.numchild
        for number in range(count):
            if number % 1000 == 500:
                analyse()  # else PostgreSQL plans for the empty tables that it last saw
            post = self.write_post(index, number, first + number + 1)
            if number < COMMENTED_POSTS:
                self.write_comments(post)
        BlogIndexPage.objects.filter(pk=index.pk).update(numchild=first + count)

    def write_post(self, index, number: int, place: int):
        from blog.models import BlogPostPage

        published = self.now - timedelta(hours=7 * number + 1)
        post = BlogPostPage(
            title=self.text(self.dice.randint(4, 9)),
            slug=f"post-{number}",
            introduction=self.text(20),
            picture=self.dice.choice(self.pictures),
            body=[
                ("text", "".join(f"<p>{self.text(70)}.</p>" for _ in range(3))),
                ("heading", {"text": self.text(4), "level": "2"}),
                ("text", f"<p>{self.text(80)}.</p><ul><li>{self.text(6)}</li></ul>"),
                ("picture", {"picture": self.dice.choice(self.pictures), "caption": ""}),
                ("heading", {"text": self.text(4), "level": "2"}),
                ("text", f"<p>{self.text(90)}.</p>"),
            ],
            first_published_at=published,
            last_published_at=published,
        )
        post.categories = self.dice.sample(self.categories, k=2)
        post.tags.add(*self.dice.sample(self.tags, k=4))
        # What index.add_child() does, without asking for the last child each time
        post.path, post.depth = index._get_path(index.path, index.depth + 1, place), index.depth + 1
        post.numchild, post.locale, post.draft_title = 0, index.locale, post.title
        post.set_url_path(index)
        post.save(clean=False)
        return post

    def write_comments(self, post) -> None:
        from newsletter.models import Comment

        comments = []
        for number in range(COMMENTS_EACH):
            comment = Comment(
                page=post, name=f"Reader {number}", email="reader@example.com", status="approved"
            )
            comment.comment = self.text(40)
            comment.set_content(str(post.pk), str(number))
            comments.append(comment)
        Comment.objects.bulk_create(comments)


def analyse() -> None:
    """Counts what is there, as a database does by itself within minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
