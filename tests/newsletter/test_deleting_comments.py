"""No comment is deleted with a post, a blog or another comment before the owner said so."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from blog.models import BlogPostPage
from newsletter.models import Comment
from tests.conftest import SmallSite


def comment_on(post: BlogPostPage, parent: Comment | None = None, **fields: str) -> Comment:
    words = {"name": "Ada", "email": "ada@example.com", "comment": "Yes", "status": "approved"}
    count = Comment.objects.count()
    return Comment.objects.create(
        page=post,
        parent=parent,
        received_on=timezone.localdate(),
        content_hash=str(count),
        **words | fields,
    )


def test_an_owner_who_deletes_a_post_decides_about_its_comments(
    va: Client, site: SmallSite
) -> None:
    comment_on(site.post)
    comment_on(site.post, status="waiting")
    path = f"/admin/pages/{site.post.pk}/delete/"
    asked = va.get(path).text
    assert "<strong>2 comments</strong> would be deleted with “On trust”" in asked
    assert "1 of them is still waiting for you" in asked
    assert f"/admin/pages/{site.post.pk}/unpublish/" in asked
    assert "2 comments" in va.post(path).text
    assert Comment.objects.count() == 2
    assert BlogPostPage.objects.exists()
    assert va.post(path, {"comments": "delete"}).status_code == 302
    assert not Comment.objects.exists()
    assert not BlogPostPage.objects.exists()


def test_a_post_without_comments_is_deleted_as_before(va: Client, site: SmallSite) -> None:
    path = f"/admin/pages/{site.post.pk}/delete/"
    assert "would be deleted" not in va.get(path).text
    assert va.post(path).status_code == 302
    assert not BlogPostPage.objects.exists()


def test_a_blog_is_not_deleted_with_comments_unasked(va: Client, site: SmallSite) -> None:
    comment_on(site.post)
    for number in range(12):
        site.blog.add_child(instance=BlogPostPage(title=f"Post {number}"))
    path = f"/admin/pages/{site.blog.pk}/delete/"
    asked = va.get(path).text
    assert "<strong>1 comment</strong> would be deleted with “Blog”" in asked
    assert "13 more pages" in asked
    va.post(path, {"comments": "delete", "confirm_site_name": "Another"})
    va.post(path, {"confirm_site_name": "Your website"})  # without the decision
    assert Comment.objects.count() == 1
    va.post(path, {"comments": "delete", "confirm_site_name": "Your website"})
    assert not BlogPostPage.objects.exists()


def test_posts_that_are_deleted_together_are_asked_about(va: Client, site: SmallSite) -> None:
    comment_on(site.post)
    other = site.blog.add_child(instance=BlogPostPage(title="Another"))
    path = (
        f"/admin/bulk/wagtailcore/page/delete/?id={site.post.pk}&id={other.pk}&next=/admin/posts/"
    )
    assert "<strong>1 comment</strong> would be deleted with “2 pages”" in va.post(path).text
    assert (Comment.objects.count(), BlogPostPage.objects.count()) == (1, 2)
    assert va.post(path, {"comments": "delete"}).status_code == 302
    assert not BlogPostPage.objects.exists()


def test_a_post_taken_off_the_site_keeps_its_comments(va: Client, site: SmallSite) -> None:
    comment_on(site.post)
    va.post(f"/admin/pages/{site.post.pk}/unpublish/")
    assert not BlogPostPage.objects.get().live
    assert Comment.objects.count() == 1


def test_replies_are_not_deleted_with_a_comment_unasked(va: Client, site: SmallSite) -> None:
    first = comment_on(site.post)
    comment_on(site.post, first)
    comment_on(site.post, first)
    for path in (
        f"/admin/comments/delete/{first.pk}/",
        f"/admin/bulk/newsletter/comment/delete/?id={first.pk}",
    ):
        assert "<strong>2 replies</strong> would be deleted" in va.post(path).text
        assert Comment.objects.count() == 3
    assert va.post(path, {"comments": "delete"}).status_code == 302
    assert not Comment.objects.exists()
