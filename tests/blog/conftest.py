"""Posts that read like sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from blog.models import BlogPostPage, Category
from tests.conftest import SmallSite
from vasite.home.demo.pages import paragraphs

LONDON = ZoneInfo("Europe/London")
WritePost = Callable[..., BlogPostPage]


@pytest.fixture
def write_post(site: SmallSite) -> WritePost:
    """`write_post("On mail", "2026-03-01", tags=["mail"], category="Money")` publishes a post."""

    def write(
        title: str, day: str, *, tags: list[str] | None = None, category: str = "", **fields: Any
    ) -> BlogPostPage:
        moment = datetime.fromisoformat(day).replace(tzinfo=LONDON)
        fields = {"body": [paragraphs("Some words.")]} | fields
        post = BlogPostPage(
            title=title, first_published_at=moment, last_published_at=moment, **fields
        )
        post.tags.add(*tags or [])
        if category:
            slug = category.lower().replace(" ", "-")
            post.categories = [Category.objects.get_or_create(name=category, slug=slug)[0]]
        site.blog.add_child(instance=post)
        return post

    return write
