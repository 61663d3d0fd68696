"""What a post's comments add to what it says to search engines."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page

from blog.models import BlogPostPage
from newsletter.threads import discussion_of
from vasite.seo.structured_data import isoformat


def add_comments(page: Page, nodes: list[dict[str, Any]]) -> None:
    """Adds the comments that a post shows to its BlogPosting."""
    if not isinstance(page, BlogPostPage):
        return
    discussion = discussion_of(page)
    if not discussion.is_shown:
        return
    for node in nodes:
        if node["@type"] == "BlogPosting":
            node["commentCount"] = discussion.total
            node["comment"] = [
                {
                    "@type": "Comment",
                    "@id": f"{node['url']}#comment-{comment.pk}",
                    "author": {"@type": "Person", "name": comment.name},
                    "dateCreated": isoformat(comment.received_at),
                    "text": comment.comment,
                }
                for comment in discussion.comments
            ]
