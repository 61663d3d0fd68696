"""What a post's comments add to what it says to search engines."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page

from blog.models import BlogPostPage
from newsletter.models import public_comments
from vasite.seo.structured_data import isoformat


def add_comments(page: Page, nodes: list[dict[str, Any]]) -> None:
    """Adds the public comments of a post to its BlogPosting."""
    if not isinstance(page, BlogPostPage):
        return
    comments = public_comments(page)
    for node in nodes:
        if node["@type"] == "BlogPosting":
            node["commentCount"] = len(comments)
            node["comment"] = [
                {
                    "@type": "Comment",
                    "@id": f"{node['url']}#comment-{comment.pk}",
                    "author": {"@type": "Person", "name": comment.name},
                    "dateCreated": isoformat(comment.received_at),
                    "text": comment.comment,
                }
                for comment in comments
            ]
