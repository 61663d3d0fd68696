"""Before something is deleted the owner reads where it is used and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.models import ReferenceIndex

from blog.models import BlogPostPage, Category
from contact.models import Enquiry
from newsletter.models import Campaign
from tests.conftest import SmallSite
from vasite.content.models import SiteImage


def words_of(answer) -> str:
    return " ".join(answer.text.split())


@pytest.fixture
def document(db: None) -> AbstractDocument:
    file = ContentFile(b"%PDF-1.7", name="prices.pdf")
    return get_document_model().objects.create(title="Prices", file=file)


def test_a_deleted_image_is_missed_where_the_owner_reads_it_is(
    va: Client, site: SmallSite, image: SiteImage, work: Callable[[], None]
) -> None:
    assert "used nowhere" in words_of(va.get(f"/admin/images/{image.pk}/delete/"))
    site.post.picture = image
    site.post.save_revision().publish()
    work()
    for address in (
        f"/admin/images/{image.pk}/delete/",
        f"/admin/bulk/content/siteimage/delete/?id={image.pk}",
    ):
        page = words_of(va.get(address))
        assert "It is used in 1 place" in page
        assert f'href="/admin/pages/{site.post.pk}/edit/">On trust</a> (post), which stays' in page


def test_a_document_in_a_text_is_named(
    va: Client, site: SmallSite, document: AbstractDocument, work: Callable[[], None]
) -> None:
    site.post.body = [("text", f'<p><a linktype="document" id="{document.pk}">Prices</a></p>')]
    site.post.save_revision().publish()
    work()
    page = words_of(va.get(f"/admin/documents/delete/{document.pk}/"))
    assert "On trust</a> (post), which stays, without it" in page


def addresses(image: SiteImage, document: AbstractDocument, site: SmallSite) -> list[str]:
    return [
        f"/admin/images/{image.pk}/delete/",
        f"/admin/documents/delete/{document.pk}/",
        f"/admin/pages/{site.post.pk}/delete/",
    ]


def write_newsletter(image: SiteImage, document: AbstractDocument, site: SmallSite) -> Campaign:
    picture = {"picture": {"image": image, "alt_text": "A desk", "decorative": False}}
    return Campaign.objects.create(
        subject="Spring news",
        body=[
            ("picture", picture),
            ("text", f'<p><a linktype="document" id="{document.pk}">Prices</a></p>'),
            ("posts", {"heading": "New on the blog", "posts": [site.post]}),
        ],
    )


@pytest.mark.parametrize(
    ("status", "is_public", "is_told"),
    [
        ("draft", False, True),
        ("scheduled", False, True),
        ("sending", False, True),
        ("sent", True, True),
        ("sent", False, False),
        ("stopped", True, False),
    ],
)
def test_a_newsletter_is_named_while_somebody_may_read_it_on_the_site_or_get_it(
    va: Client,
    site: SmallSite,
    image: SiteImage,
    document: AbstractDocument,
    work: Callable[[], None],
    status: str,
    is_public: bool,
    is_told: bool,
) -> None:
    campaign = write_newsletter(image, document, site)
    work()
    Campaign.objects.update(status=status, is_public=is_public)
    words = f'href="/admin/campaigns/edit/{campaign.pk}/">Spring news</a> (letter), which stays'
    for address in addresses(image, document, site):
        page = words_of(va.get(address))
        assert (words in page) is is_told, address
        assert ("It is used in 1 place:" in page) is is_told, address


def test_newsletters_sent_long_ago_do_not_slow_deleting_down(
    va: Client,
    site: SmallSite,
    image: SiteImage,
    document: AbstractDocument,
    work: Callable[[], None],
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert "used nowhere" in words_of(va.get(f"/admin/images/{image.pk}/delete/"))
        return len(found)

    def send_long_ago(count: int) -> None:
        for _ in range(count):
            write_newsletter(image, document, site)
        work()
        Campaign.objects.update(status="sent", is_public=False)

    send_long_ago(1)
    queries()  # fills the caches of content types and the like
    before = queries()
    send_long_ago(30)
    assert queries() == before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_newsletters_written_before_an_update_are_named_after_it(
    va: Client,
    site: SmallSite,
    image: SiteImage,
    document: AbstractDocument,
    work: Callable[[], None],
) -> None:
    write_newsletter(image, document, site)
    call_command("migrate", "newsletter", "0018", verbosity=0)
    work()
    ReferenceIndex.objects.all().delete()
    call_command("migrate", verbosity=0)
    work()
    for address in addresses(image, document, site):
        assert "Spring news</a> (letter)" in words_of(va.get(address)), address


def test_a_category_names_its_posts(va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    category = Category.objects.create(name="Trust", slug="trust")
    site.post.categories = [category]
    site.post.save_revision().publish()
    work()
    address = reverse(Category.snippet_viewset.get_url_name("delete"), args=[category.pk])
    page = words_of(va.get(address))
    assert "On trust</a> (post), which stays, without it" in page


@pytest.mark.parametrize("is_scheduled", [False, True])
def test_a_draft_of_a_public_page_is_named(
    va: Client,
    site: SmallSite,
    image: SiteImage,
    document: AbstractDocument,
    work: Callable[[], None],
    is_scheduled: bool,
) -> None:
    category = Category.objects.create(name="Trust", slug="trust")
    draft = BlogPostPage(title="On time", first_published_at=timezone.now())
    site.blog.add_child(instance=draft).save_revision().publish()
    draft.refresh_from_db()
    draft.picture, draft.categories = image, [category]
    links = (("document", document.pk), ("page", site.post.pk), ("page", site.service.pk))
    words = "".join(f'<a linktype="{kind}" id="{key}">Look</a>' for kind, key in links)
    draft.body = [("text", f"<p>{words}</p>")]
    if is_scheduled:
        draft.go_live_at = timezone.now() + timedelta(days=1)
        draft.save_revision().publish()
        draft.refresh_from_db()
        draft.picture, draft.body, draft.go_live_at = None, [], None
        draft.categories = []
    draft.save_revision()
    work()
    paths = [
        *addresses(image, document, site),
        f"/admin/pages/{site.service.pk}/delete/",
        f"/admin/pages/{site.service.pk}/unpublish/",
        reverse(Category.snippet_viewset.get_url_name("delete"), args=[category.pk]),
    ]
    for path in paths:
        page = words_of(va.get(path))
        assert "It is used in 1 place:" in page, path
        assert "On time</a> (post, in a draft), which stays, without it" in page, path
    assert "It is used" not in words_of(va.get(f"/admin/pages/{draft.pk}/delete/"))


def test_what_uses_a_page_below_a_deleted_one_is_named(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    link = f'<p><a linktype="page" id="{site.post.pk}">On trust</a></p>'
    for page in (site.service, site.post, site.blog.add_child(instance=BlogPostPage(title="Two"))):
        page.body = [("text", link)]
        page.save_revision().publish()
    work()
    for path in (
        f"/admin/pages/{site.blog.pk}/delete/",
        f"/admin/bulk/wagtailcore/page/delete/?id={site.blog.pk}",
    ):
        page = words_of(va.get(path))
        assert "It, or a page below it, is used in 1 place:" in page, path
        assert ">Inbox</a> (service), which stays, without it" in page, path
        assert "On trust</a> (" not in page, "it is deleted itself"
    assert "It is used" not in words_of(va.get(f"/admin/pages/{site.blog.pk}/unpublish/"))


def test_a_service_names_the_enquiries_about_it(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    words = {"name": "Hannah Cole", "email": "h@example.com", "message": "Take my mail over?"}
    Client().post("/contact/", words | {"service": "inbox"})
    assert Enquiry.objects.get().service == site.service
    work()
    for service in (site.service, site.service.get_parent()):
        assert "Hannah Cole" in words_of(va.get(f"/admin/pages/{service.pk}/delete/"))


@pytest.mark.parametrize("fields", [{}, {"name_email-email": "new@example.com"}])
def test_a_new_password_waits_for_no_name(va: Client, fields: dict[str, str]) -> None:
    user = get_user_model().objects.get()
    user.set_password("the old one, long")
    user.save()
    va.force_login(user)
    words = {
        "password-old_password": "the old one, long",
        "password-new_password1": "a new one, longer",
        "password-new_password2": "a new one, longer",
        "theme-theme": "system",
        "theme-contrast": "system",
        "theme-density": "default",
    }
    va.post("/admin/account/", words | fields)
    user.refresh_from_db()
    assert user.check_password("a new one, longer")
