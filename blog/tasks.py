"""What the worker does for the blog."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django_tasks import task

from blog.models import BlogPostPage, Kin
from blog.related import CANDIDATES, kinship_of, relate
from vasite.serving.slices import for_each_in_slices


@task()
def relate_posts(page_id: int) -> None:
    """Finds what to read after a post that was published or taken down, and after its kin."""
    post = BlogPostPage.objects.filter(pk=page_id).first()
    if post is None:
        return
    if post.live:
        relate(post)
    nearest_kin = [key for key, _ in kinship_of(post).most_common(CANDIDATES)]
    for other in BlogPostPage.objects.published().filter(pk__in=nearest_kin):
        relate(other)


@task(priority=-10)
def relate_all_posts(after: int = 0) -> None:
    """Relate the posts that have no related ones yet, such as imported ones."""
    lonely = BlogPostPage.objects.published().exclude(
        Exists(Kin.objects.filter(post=OuterRef("pk")))
    )
    for_each_in_slices(relate_all_posts, after, "Related posts", lonely, relate)
