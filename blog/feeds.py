"""The blog's feed: whole posts with absolute addresses (Atom, RFC 4287)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed

from blog.models import BlogPostPage
from vasite.business.models import BusinessSettings

POSTS_IN_FEED = 20


class BlogFeed(Feed):
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest) -> BusinessSettings:
        return BusinessSettings.load(request_or_site=request)

    def title(self, business: BusinessSettings) -> str:
        return business.name

    def subtitle(self, business: BusinessSettings) -> str:
        return business.strapline

    def author_name(self, business: BusinessSettings) -> str:
        return business.person_name or business.name

    def link(self) -> str:
        return f"{settings.SITE_URL}/blog/"

    def items(self) -> Any:
        return BlogPostPage.objects.published()[:POSTS_IN_FEED]

    def item_title(self, post: BlogPostPage) -> str:
        return post.title

    def item_link(self, post: BlogPostPage) -> str:
        return post.full_url

    def item_guid(self, post: BlogPostPage) -> str:
        return post.full_url

    def item_description(self, post: BlogPostPage) -> str:
        html = render_to_string("blog/feed_post.html", {"page": post})
        return re.sub(r'((?:src|href)=")/(?!/)', rf"\1{settings.SITE_URL}/", html)

    def item_pubdate(self, post: BlogPostPage) -> datetime | None:
        return post.first_published_at

    def item_updateddate(self, post: BlogPostPage) -> datetime | None:
        return post.last_published_at
