"""The blog: its index and its posts."""

from __future__ import annotations

import math
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db import models
from django.http import Http404
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager, PageQuerySet
from wagtail.search import index

from vasite.content.blocks import ContentBlocks
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
            .select_related("cover")
            .prefetch_related("cover__renditions")
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.cover = self.picture or self.first_picture
        super().save(*args, **kwargs)

    @property
    def reading_minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return max(1, math.ceil(len(self.words) / WORDS_A_MINUTE))

    @property
    def is_updated(self) -> bool:
        """Whether it was changed on a later day than that of its publication."""
        first, last = self.first_published_at, self.last_published_at
        return bool(first and last and last.date() > first.date())
