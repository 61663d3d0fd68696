"""The blog: its index and its posts."""

from __future__ import annotations

import math
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db import models
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel
from wagtail.models import PageManager, PageQuerySet
from wagtail.search import index

from vasite.content.models import ContentPage

POSTS_A_PAGE = 10
WORDS_A_MINUTE = 230  # silent reading of English prose: Brysbaert (2019) measured 238


class BlogIndexPage(ContentPage):
    """The posts, newest first."""

    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types = ["blog.BlogPostPage"]
    template = "blog/index.html"
    page_description = "The page that lists your posts"

    class Meta:
        verbose_name = "blog"

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        posts = BlogPostPage.objects.child_of(self).published()
        try:
            shown = Paginator(posts, POSTS_A_PAGE).page(request.GET.get("page", 1))
        except (EmptyPage, PageNotAnInteger):
            raise Http404("No such page of the blog") from None
        return super().get_context(request, *args, **kwargs) | {"posts": shown}


class PostTag(TaggedItemBase):
    content_object = ParentalKey(
        "blog.BlogPostPage", on_delete=models.CASCADE, related_name="tagged_items"
    )


class BlogPostQuerySet(PageQuerySet):
    def published(self) -> BlogPostQuerySet:
        """What visitors may read, newest first, with what a list of posts shows."""
        return (
            self.live()
            .public()
            .select_related("picture")
            .prefetch_related("picture__renditions")
            .order_by("-first_published_at", "-pk")
        )


class BlogPostPage(ContentPage):
    """A post."""

    picture = models.ForeignKey(
        "content.SiteImage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown at the top of the post, in lists and in previews.",
    )
    tags = ClusterTaggableManager(through=PostTag, blank=True)

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
    promote_panels = [*ContentPage.promote_panels, FieldPanel("tags")]
    search_fields = [
        *ContentPage.search_fields,
        index.RelatedFields("tags", [index.SearchField("name")]),
    ]

    class Meta:
        verbose_name = "post"

    @cached_property
    def word_count(self) -> int:
        """The words of introduction and body."""
        body = strip_tags(str(self.body).replace("<", " <"))
        return len(f"{self.introduction} {body}".split())

    @property
    def reading_minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return max(1, math.ceil(self.word_count / WORDS_A_MINUTE))

    @property
    def is_updated(self) -> bool:
        """Whether it was changed on a later day than that of its publication."""
        first, last = self.first_published_at, self.last_published_at
        return bool(first and last and last.date() > first.date())
