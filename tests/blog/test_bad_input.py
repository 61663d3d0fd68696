"""What an author gets wrong in the admin is named, and nothing that she typed is lost."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from blog.models import BlogPostPage
from tests.conftest import SmallSite

TEXT = "The sentence that must not be lost."


def fields_of(**changed: Any) -> dict[str, Any]:
    block = changed.pop("block", ("text", rich_text(f"<p>{TEXT}</p>")))
    fields = {"title": "A new post", "slug": "a-new-post", "introduction": "Why", "tags": ""}
    return fields | nested_form_data({"body": streamfield([block])}) | changed


def publish(va: Client, site: SmallSite, **changed: Any) -> HttpResponse:
    url = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/"
    return va.post(url, fields_of(**changed) | {"action-publish": "action-publish"})


def faults(answer: HttpResponse) -> str:
    """The words of the errors that the editor shows."""
    found = re.findall(r'class="error-message"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    words = re.sub(r"<[^>]+>|\s+", " ", " ".join(found))
    return " ".join(words.split())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"slug": "wow-🎉"}, "valid “slug”", id="an emoji in a slug"),
        pytest.param({"slug": "a\u202eb"}, "valid “slug”", id="a right-to-left mark in a slug"),
        pytest.param({"slug": "2026"}, "address of an archive", id="a year as slug"),
        pytest.param({"title": "x" * 2000}, "at most 255 characters", id="2,000 letters of title"),
        pytest.param({"title": ""}, "required", id="no title"),
        pytest.param(
            {"introduction": "x" * 401}, "at most 400 characters", id="a long introduction"
        ),
        pytest.param(
            {"expire_at": "2020-01-01 09:00"}, "must be in the future", id="an end in the past"
        ),
        pytest.param(
            {"go_live_at": "2099-01-02 09:00", "expire_at": "2099-01-01 09:00"},
            "must be before expiry",
            id="an end before the beginning",
        ),
    ],
)
def test_a_fault_is_named_and_all_that_was_typed_comes_back(
    va: Client, site: SmallSite, changed: dict[str, Any], fault: str
) -> None:
    answer = publish(va, site, **changed)
    assert answer.status_code == 200
    assert fault in faults(answer)
    for value in (TEXT, *changed.values()):
        assert value in answer.text
    assert not BlogPostPage.objects.exclude(pk=site.post.pk).exists()


def test_a_video_of_an_unknown_host_is_named_as_the_fault(va: Client, site: SmallSite) -> None:
    video = {"url": "https://videos.example/1", "title": "A film"}
    answer = publish(va, site, block=("video", video))
    assert "Only videos on YouTube and Vimeo can be shown" in answer.text
    assert video["url"] in answer.text
    assert not BlogPostPage.objects.filter(slug="a-new-post").exists()


def test_letters_of_all_the_world_make_titles_and_addresses(
    va: Client, client: Client, site: SmallSite
) -> None:
    title = "\u202eשלום 🎉 " + "Donaudampfschifffahrt" * 5
    publish(va, site, title=title, slug="שלום-עולם")
    page = client.get("/blog/שלום-עולם/")
    assert page.status_code == 200
    assert "שלום 🎉" in page.text
    assert client.get("/blog/").status_code == client.get("/feed/").status_code == 200


def test_scripts_and_styles_that_are_pasted_do_nothing(
    va: Client, client: Client, site: SmallSite
) -> None:
    evil = json.loads(rich_text("<p>Before <a href='https://example.com'>a link</a> after.</p>"))
    evil["blocks"][0]["text"] += "<script>alert(1)</script>"
    for entity in evil["entityMap"].values():
        entity["data"]["url"] = "javascript:alert(2)"
    evil["blocks"][0]["inlineStyleRanges"] = [{"offset": 0, "length": 6, "style": "COLOR_RED"}]
    publish(va, site, block=("text", json.dumps(evil)))
    article = client.get("/blog/a-new-post/").text.partition("<article")[2]
    assert "Before" in article
    assert "&lt;script&gt;alert(1)" in article  # shown as the words that they are
    assert "<script" not in article.partition("</article>")[0]
    assert "javascript:" not in article
    assert "style=" not in article


def test_a_link_to_a_page_that_was_taken_down_is_plain_words(
    va: Client, client: Client, site: SmallSite
) -> None:
    link = f'<p>See <a linktype="page" id="{site.service.pk}">our prices</a>.</p>'
    publish(va, site, block=("text", rich_text(link)))
    assert ">our prices</a>" in client.get("/blog/a-new-post/").text
    site.service.unpublish()
    page = client.get("/blog/a-new-post/").text
    assert "<a>our prices</a>" in page  # a link that leads nowhere looks like none


def test_a_future_date_is_a_promise_for_later(va: Client, client: Client, site: SmallSite) -> None:
    later = timezone.localtime() + timedelta(days=2)
    answer = publish(va, site, go_live_at=f"{later:%Y-%m-%d %H:%M}")
    assert answer.status_code == 302
    assert client.get("/blog/a-new-post/").status_code == 404
    post = BlogPostPage.objects.get(slug="a-new-post")
    assert "scheduled" in va.get(f"/admin/pages/{site.blog.pk}/").text.lower()
    assert post.scheduled_revision


def test_a_page_is_not_moved_under_itself(va: Client, site: SmallSite) -> None:
    before = list(Page.objects.values_list("path", flat=True))
    for target in (site.blog.pk, site.post.pk):
        answer = va.post(f"/admin/pages/{site.blog.pk}/move/{target}/confirm/", follow=True)
        assert "do not have permission" in answer.text
    assert list(Page.objects.values_list("path", flat=True)) == before


def test_two_editors_of_one_post_hear_of_each_other(va: Client, site: SmallSite) -> None:
    site.post.save_revision()
    colleague = User.objects.create_superuser("colleague", first_name="Grace", last_name="Hopper")
    other = Client()
    other.force_login(colleague)
    url = f"/admin/pages/{site.post.pk}/edit/"
    session = va.get(url).context["editing_sessions"].ping_url
    other.get(url)
    revision = {"revision_id": site.post.latest_revision_id}
    other.post(url, fields_of(title="Hers", slug="on-trust"))
    told = va.post(session, revision).json()
    assert "Grace Hopper" in told["html"]
    va.post(url, fields_of(title="Mine", slug="on-trust"))
    history = va.get(reverse("wagtailadmin_pages:history", args=[site.post.pk])).text
    assert "Grace Hopper" in history
    titles = [revision.content["title"] for revision in site.post.revisions.order_by("pk")]
    assert titles[-2:] == ["Hers", "Mine"]  # both are kept, to be compared and brought back


def test_a_locked_post_waits_for_its_owner(va: Client, site: SmallSite) -> None:
    colleague = User.objects.create_superuser("colleague")
    other = Client()
    other.force_login(colleague)
    other.post(f"/admin/pages/{site.post.pk}/lock/")
    url = f"/admin/pages/{site.post.pk}/edit/"
    assert "locked" in va.get(url).text
    answer = va.post(url, fields_of(title="Mine", slug="on-trust"))
    assert "could not be saved as it is locked" in answer.text
    site.post.refresh_from_db()
    assert site.post.title == "On trust"


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(slug=st.text(max_size=300))
def test_any_slug_is_taken_or_refused_in_words(va: Client, site: SmallSite, slug: str) -> None:
    BlogPostPage.objects.exclude(pk=site.post.pk).delete()
    answer = publish(va, site, slug=slug)
    post = BlogPostPage.objects.exclude(pk=site.post.pk).first()
    if post:
        assert Client().get(post.url).status_code == 200
    else:
        assert faults(answer)
        assert TEXT in answer.text


@pytest.mark.parametrize("key", ["abc", "1.5", "9" * 5000, "9" * 30, "१x", "1 OR 1", "null"])
def test_what_is_no_key_chooses_nothing_and_loses_nothing(
    va: Client, site: SmallSite, key: str
) -> None:
    button = {"heading": "Call me", "text": "", "button": "Now", "page": key}
    picture = {"picture": {"image": key, "alt_text": "x", "decorative": ""}, "caption": TEXT}
    for changed in (
        {"picture": key},
        {"introduction": TEXT, "block": ("call_to_action", button)},
        {"block": ("picture", picture)},
    ):
        answer = publish(va, site, **changed)
        assert answer.status_code in {200, 302}
        assert answer.status_code == 302 or TEXT in answer.text
    answer = va.post("/admin/redirects/add/", {"old_path": "/a/", "redirect_page": key})
    assert answer.status_code == 200
