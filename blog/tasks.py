"""What the worker does for the blog."""

from __future__ import annotations

from django_tasks import task

from blog.models import BlogPostPage
from blog.related import kinship_of, relate


@task()
def relate_posts(page_id: int) -> None:
    """Finds what to read after a post that was published or taken down, and after its kin."""
    post = BlogPostPage.objects.filter(pk=page_id).first()
    if post is None:
        return
    if post.live:
        relate(post)
    for other in BlogPostPage.objects.published().filter(pk__in=kinship_of(post)):
        relate(other)


@task()
def relate_all_posts() -> None:
    """Does the same for each post, for those that came by another way than publishing."""
    for post in BlogPostPage.objects.published().iterator(chunk_size=100):
        relate(post)
