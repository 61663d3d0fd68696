"""The blog's index and its archives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from taggit.models import Tag
from wagtail.contrib.routable_page.models import RoutablePageMixin, path, re_path
from wagtail.models import Page

from blog.models.posts import BlogPostPage, BlogPostQuerySet
from blog.models.topics import Category, Series
from vasite.content.models import ContentPage
from vasite.content.pagination import page_asked_for
from vasite.content.visibility import last_publication, visible

POSTS_A_PAGE = 10
MIN_INDEXED_POSTS = 3  # below which a tag's archive says no more than its posts
DESCRIBED_POSTS = 3


class BlogIndexPage(RoutablePageMixin, ContentPage):
    """The posts, newest first, and their archives by category, tag, series, year and month."""

    query_names = ("page",)
    removal_warning = (
        "This page lists your posts: while it is away, so are the archives by category, tag and "
        "date that your posts link to."
    )
    max_count = 1
    parent_page_types = ["home.HomePage"]
    subpage_types = ["blog.BlogPostPage"]
    template = "blog/index.html"
    page_description = "The page that lists your posts"
    schema_type = "CollectionPage"

    class Meta:
        verbose_name = "blog"

    @property
    def posts(self) -> BlogPostQuerySet:
        """All public posts: there is one blog."""
        return BlogPostPage.objects.published()

    @property
    def categories(self) -> list[Category]:
        """The categories that have public posts, with their number (`post_count`)."""
        filed = BlogPostPage.categories.through.objects.filter(
            blogpostpage_id__in=visible(Page.objects.order_by()).values("pk")
        )
        counts = dict(filed.values_list("category_id").annotate(Count("pk")))
        categories = list(Category.objects.filter(pk__in=counts).order_by("name"))
        for category in categories:
            category.post_count = counts[category.pk]
        return categories

    @classmethod
    def further_addresses(cls) -> list[tuple[str, datetime]]:
        """Return the archives of categories, which stand in the sitemap; those by date do not."""
        blog = cls.objects.live().first()
        if blog is None:
            return []
        public = visible(Page.objects.order_by()).values("pk")
        newest = (
            BlogPostPage.categories.through.objects.filter(blogpostpage_id__in=public)
            .order_by("category__slug")
            .values_list("category__slug")
            .annotate(Max("blogpostpage__last_published_at"))
        )
        return [(f"{blog.full_url}category/{slug}/", moment) for slug, moment in newest]

    @classmethod
    def last_change_of_listed(cls) -> datetime | None:
        return last_publication(visible(BlogPostPage.objects.all()))

    @property
    def years(self) -> list[dict[str, int]]:
        return BlogPostPage.objects.count_by_year()

    @path("")
    def all_posts(self, request: HttpRequest) -> HttpResponse:
        posts = self.posts.order_by("-is_featured", "-first_published_at", "-pk")
        return self.render_list(request, posts)

    @path("category/<slug:slug>/", name="category")
    def category_archive(self, request: HttpRequest, slug: str) -> HttpResponse:
        category = get_object_or_404(Category, slug=slug)
        return self.render_archive(
            request,
            self.posts.filter(categories=category),
            title=category.name,
            introduction=category.introduction,
            category=category,
        )

    @path("tag/<slug:slug>/", name="tag")
    def tag_archive(self, request: HttpRequest, slug: str) -> HttpResponse:
        tag = get_object_or_404(Tag, slug=slug)
        posts = self.posts.filter(tagged_items__tag=tag)
        return self.render_archive(
            request,
            posts,
            title=f"Posts about {tag.name}",
            is_indexed=posts.count() >= MIN_INDEXED_POSTS,
        )

    @path("series/<slug:slug>/", name="series")
    def series_archive(self, request: HttpRequest, slug: str) -> HttpResponse:
        series = get_object_or_404(Series, slug=slug)
        return self.render_archive(
            request,
            self.posts.filter(series=series).reverse(),
            title=series.name,
            introduction=series.introduction,
        )

    @re_path(r"^(?P<year>[12][0-9]{3})/$", name="year")
    def year_archive(self, request: HttpRequest, year: str) -> HttpResponse:
        posts = self.posts.published_in(int(year))
        return self.render_archive(request, posts, title=f"Posts of {year}", is_indexed=False)

    @re_path(r"^(?P<year>[12][0-9]{3})/(?P<month>0[1-9]|1[0-2])/$", name="month")
    def month_archive(self, request: HttpRequest, year: str, month: str) -> HttpResponse:
        posts = self.posts.published_in(int(year), int(month))
        name = date(int(year), int(month), 1).strftime("%B %Y")
        return self.render_archive(request, posts, title=f"Posts of {name}", is_indexed=False)

    def render_archive(
        self, request: HttpRequest, posts: BlogPostQuerySet, **words: Any
    ) -> HttpResponse:
        """Gives the page of an archive, named by `title`; one without a post is none: 404."""
        if not posts.exists():
            raise Http404("An archive without posts")
        titles = posts.values_list("title", flat=True)[:DESCRIBED_POSTS]
        description = f"{words['title']}: {', '.join(titles)}"
        words = {"is_indexed": True, "description": description} | words
        return self.render_list(request, posts, template="blog/archive.html", **words)

    def render_list(
        self, request: HttpRequest, posts: BlogPostQuerySet, template: str = "", **words: Any
    ) -> HttpResponse:
        # Keys first: a late page then passes over numbers, not over whole posts.
        keys = posts.select_related(None).values_list("pk", flat=True)
        shown = page_asked_for(request, keys, POSTS_A_PAGE)
        by_key = BlogPostPage.objects.published().in_bulk(list(shown))
        shown.object_list = [by_key[key] for key in shown if key in by_key]
        context = {"posts": shown, "pagination": shown, **words}
        return self.render(request, context_overrides=context, template=template or None)
