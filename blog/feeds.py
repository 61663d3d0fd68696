"""The feeds of the blog and of its categories: whole posts (Atom, RFC 4287)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import XMLGenerator

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.views.decorators.http import conditional_page, require_safe
from wagtail.blocks import Block

from blog.models import BlogIndexPage, BlogPostPage, Category
from vasite.business.models import BusinessSettings
from vasite.characters import clean_text
from vasite.content.rich_text import expand_all, with_whole_addresses
from vasite.content.visibility import path_of
from vasite.pagecache.keeping import kept

POSTS_IN_FEED = 20


class WholePostFeed(Atom1Feed):
    """Atom whose entries hold the post as `content`; Django's puts it into `summary`."""

    def add_item_elements(self, handler: XMLGenerator, item: dict[str, Any]) -> None:
        content = item.pop("description")
        # Each entry needs its moment of change (RFC 4287, 4.1.2).
        updated = item["updateddate"] or item["pubdate"] or self.latest_post_date()
        super().add_item_elements(
            handler, item | {"description": item["summary"], "updateddate": updated}
        )
        handler.addQuickElement("content", content, {"type": "html"})


@dataclass(frozen=True)
class Subject:
    """What a feed is about: the whole blog or one of its categories."""

    business: BusinessSettings
    category: Category | None


class BlogFeed(Feed):
    feed_type = WholePostFeed

    def get_object(self, request: HttpRequest, slug: str = "") -> Subject:
        category = get_object_or_404(Category, slug=slug) if slug else None
        if category and not BlogPostPage.objects.published().filter(categories=category).exists():
            raise Http404("A category without posts")  # as its archive
        return Subject(BusinessSettings.load(request_or_site=request), category)

    def title(self, subject: Subject) -> str:
        name = subject.business.name
        return clean_text(f"{subject.category.name} – {name}" if subject.category else name)

    def subtitle(self, subject: Subject) -> str:
        words = subject.category.introduction if subject.category else subject.business.strapline
        return clean_text(words)

    def author_name(self, subject: Subject) -> str:
        return clean_text(subject.business.person_name or subject.business.name)

    def link(self, subject: Subject) -> str:
        archive = f"category/{subject.category.slug}/" if subject.category else ""
        blog = path_of(BlogIndexPage)
        return f"{settings.SITE_URL}{blog}{archive}" if blog else f"{settings.SITE_URL}/"

    def feed_url(self, subject: Subject) -> str:
        name = f"{subject.category.slug}/" if subject.category else ""
        return f"{settings.SITE_URL}/feed/{name}"

    def items(self, subject: Subject) -> list[BlogPostPage]:
        posts = BlogPostPage.objects.published()
        if subject.category:
            posts = posts.filter(categories=subject.category)
        shown = list(posts.select_related("picture").prefetch_related("categories")[:POSTS_IN_FEED])
        for post, html in zip(shown, feed_htmls(shown), strict=True):
            post.feed_html = html
        return shown

    def item_title(self, post: BlogPostPage) -> str:
        return clean_text(post.title)

    def item_link(self, post: BlogPostPage) -> str:
        return post.full_url

    def item_guid(self, post: BlogPostPage) -> str:
        # It never changes, whatever becomes of the address (RFC 4287, 4.2.6).
        return post.translation_key.urn

    def item_description(self, post: BlogPostPage) -> str:
        return post.feed_html

    def item_extra_kwargs(self, post: BlogPostPage) -> dict[str, Any]:
        return {"summary": clean_text(escape(post.summary))}

    def item_categories(self, post: BlogPostPage) -> list[str]:
        return [clean_text(category.name) for category in post.categories.all()]

    def item_pubdate(self, post: BlogPostPage) -> datetime | None:
        return post.first_published_at

    def item_updateddate(self, post: BlogPostPage) -> datetime | None:
        return post.last_published_at


def feed_htmls(posts: list[BlogPostPage]) -> Iterator[str]:
    """Gives each post's whole text with plain pictures and absolute addresses.

    The blocks of one type are read for all posts at once: what they refer to, pictures and pages,
    costs a query a type and not one a block.
    """
    blocks = BlogPostPage._meta.get_field("body").stream_block.child_blocks
    raw: dict[str, list[Any]] = defaultdict(list)
    for post in posts:
        for child in post.body.raw_data:
            raw[child["type"]].append(child["value"])
    values = {name: iter(blocks[name].bulk_to_python(raw[name])) for name in raw}
    expanded = expand_all(raw["text"])
    for post in posts:
        body = mark_safe(  # noqa: S308 - rendered templates
            "".join(
                block_html(blocks[child["type"]], next(values[child["type"]]), expanded)
                for child in post.body.raw_data
            )
        )
        html = render_to_string("blog/feed_post.html", {"page": post, "body": body})
        yield clean_text(with_whole_addresses(html, post.full_url).strip())


def block_html(block: Block, value: Any, expanded: dict[str, str]) -> str:
    if block.name != "picture":
        return str(block.render(value, context={"expanded": expanded}))
    image = value["picture"]
    context = {
        "image": image,
        "alt": image.contextual_alt_text if image else "",
        "caption": value["caption"],
    }
    return render_to_string("blog/feed_picture.html", context)


# ETag, Last-Modified and 304 (RFC 9110, 13)
blog_feed = kept()(require_safe(conditional_page(BlogFeed())))
