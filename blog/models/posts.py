"""A post."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.forms import CheckboxSelectMultiple
from django.utils import timezone
from django.utils.functional import cached_property
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import Tag, TaggedItemBase
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager, PageQuerySet
from wagtail.search import index

from blog.models.topics import Category, Series
from vasite.content.blocks import ContentBlocks
from vasite.content.models import ContentPage
from vasite.content.pictures import article_urls
from vasite.content.visibility import visible
from vasite.seo.structured_data import BUSINESS_ID, absolute, isoformat, person, reading_time

WORDS_A_MINUTE = 230  # silent reading of English prose: Brysbaert (2019) measured 238
# Addresses below the blog that are archives; a post named so could never be reached.
RESERVED_SLUGS = {"category", "tag", "series"}
COMMENTING = [
    ("open", "Open: readers can comment"),
    ("closed", "Closed: comments are shown, but no new ones taken"),
    ("off", "Off: no comments are shown, not even approved ones"),
]


class PostTag(TaggedItemBase):
    content_object = ParentalKey(
        "blog.BlogPostPage", on_delete=models.CASCADE, related_name="tagged_items"
    )


def period(year: int, month: int | None = None) -> Q:
    """Gives the condition of being first published in a year or month, by the site's clock."""
    zone = timezone.get_current_timezone()
    begin = datetime(year, month or 1, 1, tzinfo=zone)
    after = (year + 1, 1) if month in {None, 12} else (year, (month or 0) + 1)
    end = datetime(*after, 1, tzinfo=zone)
    return Q(first_published_at__gte=begin, first_published_at__lt=end)


class BlogPostQuerySet(PageQuerySet):
    def published(self) -> BlogPostQuerySet:
        """What visitors may read, newest first, with what a list of posts shows."""
        return (
            visible(self)
            .select_related("cover")
            .prefetch_related("cover__renditions")
            .order_by("-first_published_at", "-pk")
        )

    def published_in(self, year: int, month: int | None = None) -> BlogPostQuerySet:
        """Those of a year or of one of its months, by the site's clock."""
        return self.published().filter(period(year, month))

    def count_by_year(self) -> list[dict[str, int]]:
        """The years that have posts, latest first, each with its `year` and `post_count`."""
        posts = visible(self)
        moments = posts.order_by("first_published_at").values_list("first_published_at", flat=True)
        first, last = moments.first(), moments.last()
        if first is None or last is None:
            return []
        years = range(timezone.localtime(last).year, timezone.localtime(first).year - 1, -1)
        # Compared with the years' bounds: extracting each post's year is ten times as slow.
        counts = posts.aggregate(**{str(year): Count("pk", filter=period(year)) for year in years})
        return [
            {"year": year, "post_count": counts[str(year)]} for year in years if counts[str(year)]
        ]

    def before(self, post: BlogPostPage) -> BlogPostQuerySet:
        """Those older than a post, the nearest first, with what a link needs."""
        moment = post.first_published_at
        older = Q(first_published_at__lt=moment) | Q(first_published_at=moment, pk__lt=post.pk)
        # Said twice: the first condition alone lets the database go by its index of moments.
        posts = visible(self).filter(older, first_published_at__lte=moment)
        return posts.order_by("-first_published_at", "-pk").only("title", "url_path")

    def after(self, post: BlogPostPage) -> BlogPostQuerySet:
        """Those newer than a post, the nearest first, with what a link needs."""
        moment = post.first_published_at
        newer = Q(first_published_at__gt=moment) | Q(first_published_at=moment, pk__gt=post.pk)
        posts = visible(self).filter(newer, first_published_at__gte=moment)
        return posts.order_by("first_published_at", "pk").only("title", "url_path")


class Kin(models.Model):
    """A post to read after another; the lowest rank comes first."""

    post = models.ForeignKey("blog.BlogPostPage", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("blog.BlogPostPage", on_delete=models.CASCADE, related_name="kin")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "other"], name="kin_once")]

    def __str__(self) -> str:
        return f"{self.post_id} → {self.other_id}"


class BlogPostPage(ContentPage):
    """A post."""

    query_names = ("comments", "answer")

    picture = models.ForeignKey(
        "content.SiteImage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown at the top of the post, in lists and in previews. Left empty, lists and "
        "previews show the first picture of the text.",
    )
    # What lists show, kept beside the post so that a list needs no look into its body.
    cover = models.ForeignKey(
        "content.SiteImage",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # An empty text stands ready, so that a post can be typed or pasted at once.
    body = StreamField(ContentBlocks(), blank=True, default=[("text", "")])
    categories = ParentalManyToManyField(Category, blank=True, related_name="posts")
    series = models.ForeignKey(
        Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    tags = ClusterTaggableManager(through=PostTag, blank=True)
    is_featured = models.BooleanField(
        "keep at the top", default=False, help_text="Shown first on the blog, whatever its date."
    )

    commenting = models.CharField(
        "comments",
        max_length=6,
        blank=True,
        choices=COMMENTING,
        help_text="Leave blank to use the site setting.",
    )

    parent_page_types = ["blog.BlogIndexPage"]
    subpage_types: list[str] = []
    template = "blog/post.html"
    page_description = "A post in your blog"
    is_article = True

    objects = PageManager.from_queryset(BlogPostQuerySet)()

    content_panels = [
        *ContentPage.content_panels[:2],
        FieldPanel("picture"),
        *ContentPage.content_panels[2:],
    ]
    promote_panels = [
        *ContentPage.promote_panels,
        MultiFieldPanel(
            [
                FieldPanel("categories", widget=CheckboxSelectMultiple),
                FieldPanel("tags"),
                FieldPanel("series"),
                FieldPanel("is_featured"),
            ],
            "In the blog",
        ),
    ]
    settings_panels = [*ContentPage.settings_panels, FieldPanel("commenting")]
    search_fields = [
        *ContentPage.search_fields,
        index.RelatedFields("tags", [index.SearchField("name")]),
        index.RelatedFields("categories", [index.SearchField("name")]),
    ]

    class Meta:
        verbose_name = "post"

    def clean(self) -> None:
        super().clean()
        if self.slug in RESERVED_SLUGS or self.slug.isdecimal():
            raise ValidationError(
                {"slug": f"“{self.slug}” is the address of an archive. Add a word to it."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.cover = self.picture or self.first_picture
        super().save(*args, **kwargs)

    @property
    def reading_minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return max(1, math.ceil(len(self.words) / WORDS_A_MINUTE))

    @property
    def blog_url(self) -> str:
        """The address of the blog that holds it, without a query."""
        return self.get_url().removesuffix(f"{self.slug}/")

    def structured_data(self, *, url: str, business: Any) -> list[dict[str, Any]]:
        """Adds the BlogPosting, with its pictures in the ratios that Google asks for."""
        categories, tags = self.topics
        post = {
            "@type": "BlogPosting",
            "@id": f"{url}#post",
            "headline": self.title,
            "description": self.summary,
            "url": url,
            "mainEntityOfPage": {"@id": f"{url}#page"},
            "datePublished": isoformat(self.first_published_at),
            "dateModified": isoformat(self.last_published_at),
            "author": person(business),
            "publisher": {"@id": BUSINESS_ID},
            "image": [absolute(path) for path in article_urls(self.picture or self.cover)],
            "articleSection": [category.name for category in categories],
            "keywords": [tag.name for tag in tags],
            "wordCount": len(self.words),
            "timeRequired": reading_time(self.reading_minutes),
            "inLanguage": "en-GB",
        }
        return [post, *super().structured_data(url=url, business=business)]

    @cached_property
    def topics(self) -> tuple[list[Category], list[Tag]]:
        """Its categories and its tags."""
        return list(self.categories.all()), list(self.tags.all())

    @property
    def related(self) -> BlogPostQuerySet:
        """What the worker found for its readers to go on with (blog.related)."""
        posts = BlogPostPage.objects.published().filter(kin__post=self.pk)
        return posts.order_by("kin__rank")

    @property
    def older(self) -> BlogPostPage | None:
        return BlogPostPage.objects.before(self).first() if self.first_published_at else None

    @property
    def newer(self) -> BlogPostPage | None:
        return BlogPostPage.objects.after(self).first() if self.first_published_at else None

    @property
    def series_posts(self) -> list[BlogPostPage]:
        """All public posts of its series in reading order; none where it is the only one."""
        posts = BlogPostPage.objects.published().filter(series=self.series_id).reverse()
        return list(posts) if self.series_id and len(posts) > 1 else []

    @property
    def is_updated(self) -> bool:
        """Whether it was changed on a later day than that of its publication."""
        first, last = self.first_published_at, self.last_published_at
        return bool(first and last and last.date() > first.date())
