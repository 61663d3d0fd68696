"""Before something is deleted the owner reads where it is used and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from wagtail.documents import get_document_model

from blog.models import Category
from contact.models import Enquiry
from tests.conftest import SmallSite
from vasite.content.models import SiteImage


def words_of(answer) -> str:
    return " ".join(answer.text.split())


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
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    document = get_document_model().objects.create(
        title="Prices", file=ContentFile(b"%PDF-1.7", name="prices.pdf")
    )
    site.post.body = [("text", f'<p><a linktype="document" id="{document.pk}">Prices</a></p>')]
    site.post.save_revision().publish()
    work()
    page = words_of(va.get(f"/admin/documents/delete/{document.pk}/"))
    assert "On trust</a> (post), which stays, without it" in page


def test_a_category_names_its_posts(va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    category = Category.objects.create(name="Trust", slug="trust")
    site.post.categories = [category]
    site.post.save_revision().publish()
    work()
    address = reverse(Category.snippet_viewset.get_url_name("delete"), args=[category.pk])
    page = words_of(va.get(address))
    assert "On trust</a> (post), which stays, without it" in page


def test_a_service_names_the_enquiries_about_it(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    words = {"name": "Hannah Cole", "email": "h@example.com", "message": "Take my mail over?"}
    Client().post("/contact/", words | {"service": "inbox"})
    assert Enquiry.objects.get().service == site.service
    work()
    assert "Hannah Cole" in words_of(va.get(f"/admin/pages/{site.service.pk}/delete/"))


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
