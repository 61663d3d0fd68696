"""The VA shows a client a page before it is public."""

import re
from datetime import timedelta

import time_machine
from django.test import Client
from django.utils import timezone

from blog.models import BlogPostPage
from tests.conftest import SmallSite


def test_it_works(client: Client, va: Client, site: SmallSite) -> None:
    draft = site.blog.add_child(instance=BlogPostPage(title="For your eyes", live=False))
    draft.title = "For your eyes only"
    draft.save_revision()
    assert f"/admin/pages/{draft.pk}/share/" in va.get(f"/admin/pages/{draft.pk}/edit/").text
    page = va.get(f"/admin/pages/{draft.pk}/share/").text
    found = re.search(r'value="http://127\.0\.0\.1:8000(/preview/\S+/)"', page)
    assert found
    shown = Client().get(found[1])
    assert shown.status_code == 200
    assert "For your eyes only" in shown.text
    assert shown["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex">' in shown.text
    assert "no-store" in shown["Cache-Control"]
    assert Client().get("/blog/for-your-eyes/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert Client().get(found[1]).status_code == 404


def test_strangers_get_no_link(client: Client, site: SmallSite) -> None:
    assert client.get(f"/admin/pages/{site.post.pk}/share/").status_code == 302
    assert client.get("/preview/1:nonsense/").status_code == 404
