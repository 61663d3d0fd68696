"""What happens when a post is published or taken down."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from wagtail.signals import page_published, page_unpublished

from blog.models import BlogPostPage
from blog.tasks import relate_posts


@receiver([page_published, page_unpublished], sender=BlogPostPage)
def relate_changed_post(instance: BlogPostPage, **kwargs: Any) -> None:
    relate_posts.enqueue(instance.pk)
