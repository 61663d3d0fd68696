"""The VA begins a post with a shape."""

import pytest
from django.test import Client

from blog.models import BlogPostPage
from blog.starting import SHAPES
from tests.conftest import SmallSite


@pytest.mark.parametrize("slug", list(SHAPES))
def test_a_draft_of_that_shape_opens(va: Client, site: SmallSite, slug: str) -> None:
    assert f"/admin/posts/start/{slug}/" in va.get("/admin/").text
    answer = va.post(f"/admin/posts/start/{slug}/")
    post = BlogPostPage.objects.latest("pk")
    assert answer["Location"] == f"/admin/pages/{post.pk}/edit/"
    assert va.get(answer["Location"]).status_code == 200
    assert not post.live
    assert post.title == SHAPES[slug].title
    assert len(post.outline) >= 2
    post.save_revision().publish()
    assert Client().get(post.get_url()).status_code == 200


def test_there_is_no_other_shape(va: Client, client: Client, site: SmallSite) -> None:
    assert va.post("/admin/posts/start/nonsense/").status_code in {302, 404}
    assert va.get("/admin/posts/start/how-to/").status_code == 405
    assert BlogPostPage.objects.count() == 1
