"""What the worker does for the blog."""

from __future__ import annotations

import time

from django.conf import settings
from django.db.models import Exists, OuterRef
from django_tasks import task

from blog.models import BlogPostPage, Kin
from blog.related import CANDIDATES, kinship_of, relate
from vasite.serving.slices import for_each_in_slices, in_batches


@task()
def relate_posts(page_id: int, after: int = 0) -> None:
    """Find what to read after a post that was published or taken down, and after its kin.

    After SLICE_SECONDS the task is enqueued with the key it has come to.
    """
    until = time.monotonic() + settings.SLICE_SECONDS
    post = BlogPostPage.objects.filter(pk=page_id).first()
    if post is None:
        return
    if post.live and not after:
        relate(post)
    nearest_kin = [key for key, _ in kinship_of(post).most_common(CANDIDATES)]
    for other in in_batches(BlogPostPage.objects.published().filter(pk__in=nearest_kin), after):
        relate(other)
        if time.monotonic() >= until:
            relate_posts.enqueue(page_id, after=other.pk)
            return


@task(priority=-10)
def relate_all_posts(after: int = 0) -> None:
    """Relate the posts that have no related ones yet, such as imported ones."""
    lonely = BlogPostPage.objects.published().exclude(
        Exists(Kin.objects.filter(post=OuterRef("pk")))
    )
    for_each_in_slices(relate_all_posts, after, "Related posts", lonely, relate)
