"""The feeds of the blog and of its categories: whole posts (Atom, RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import XMLGenerator

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.views.decorators.http import conditional_page

from blog.models import BlogPostPage, Category
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage

POSTS_IN_FEED = 20
# Control characters that XML 1.0 can't hold; Django raises on them.
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
OWN_ADDRESS = re.compile(r'((?:src|href)=")/(?!/)')


class WholePostFeed(Atom1Feed):
    """Atom whose entries hold the post as `content`; Django's puts it into `summary`."""

    def add_item_elements(self, handler: XMLGenerator, item: dict[str, Any]) -> None:
        content = item.pop("description")
        super().add_item_elements(handler, item | {"description": item["summary"]})
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
        return Subject(BusinessSettings.load(request_or_site=request), category)

    def title(self, subject: Subject) -> str:
        name = subject.business.name
        return printable(f"{subject.category.name} – {name}" if subject.category else name)

    def subtitle(self, subject: Subject) -> str:
        words = subject.category.introduction if subject.category else subject.business.strapline
        return printable(words)

    def author_name(self, subject: Subject) -> str:
        return printable(subject.business.person_name or subject.business.name)

    def link(self, subject: Subject) -> str:
        archive = f"category/{subject.category.slug}/" if subject.category else ""
        return f"{settings.SITE_URL}/blog/{archive}"

    def feed_url(self, subject: Subject) -> str:
        name = f"{subject.category.slug}/" if subject.category else ""
        return f"{settings.SITE_URL}/feed/{name}"

    def items(self, subject: Subject) -> list[BlogPostPage]:
        posts = BlogPostPage.objects.published()
        if subject.category:
            posts = posts.filter(categories=subject.category)
        shown = list(posts.select_related("picture").prefetch_related("categories")[:POSTS_IN_FEED])
        images = SiteImage.objects.in_bulk({key for post in shown for key in picture_keys(post)})
        for post in shown:
            post.feed_html = feed_html(post, images)
        return shown

    def item_title(self, post: BlogPostPage) -> str:
        return printable(post.title)

    def item_link(self, post: BlogPostPage) -> str:
        return post.full_url

    def item_guid(self, post: BlogPostPage) -> str:
        return post.full_url

    def item_description(self, post: BlogPostPage) -> str:
        return post.feed_html

    def item_extra_kwargs(self, post: BlogPostPage) -> dict[str, Any]:
        return {"summary": printable(escape(post.summary))}

    def item_categories(self, post: BlogPostPage) -> list[str]:
        return [printable(category.name) for category in post.categories.all()]

    def item_pubdate(self, post: BlogPostPage) -> datetime | None:
        return post.first_published_at

    def item_updateddate(self, post: BlogPostPage) -> datetime | None:
        return post.last_published_at


def picture_keys(post: BlogPostPage) -> Iterable[int]:
    """Gives the keys of the pictures in a post's body without fetching them."""
    for child in post.body.raw_data:
        if child["type"] == "picture" and child["value"]["picture"]:
            yield child["value"]["picture"]["image"]


def feed_html(post: BlogPostPage, images: Mapping[int, SiteImage]) -> str:
    """Gives a post's whole text with plain pictures and absolute addresses.

    Pictures are drawn from `images`, fetched once for all posts of the feed.
    """
    blocks = post.body.stream_block.child_blocks
    parts = []
    for child in post.body.raw_data:
        block, value = blocks[child["type"]], child["value"]
        if child["type"] == "picture":
            picture = value["picture"] or {}
            image = images.get(picture.get("image"))
            context = {"image": image, "alt": picture.get("alt_text"), "caption": value["caption"]}
            parts.append(render_to_string("blog/feed_picture.html", context))
        else:
            parts.append(block.render(block.to_python(value)))
    body = mark_safe("".join(parts))  # noqa: S308 - rendered templates
    html = render_to_string("blog/feed_post.html", {"page": post, "body": body})
    return printable(OWN_ADDRESS.sub(rf"\1{settings.SITE_URL}/", html).strip())


def printable(text: str) -> str:
    """Gives the text without what XML can't hold."""
    return NOT_XML.sub("", text)


# ETag, Last-Modified and 304 (RFC 9110, 13)
blog_feed = conditional_page(BlogFeed())
