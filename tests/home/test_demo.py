"""The demo is a believable business, and can be put back."""

from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.models import Page

from blog.models import BlogPostPage
from contact.models import Enquiry
from newsletter.models import Campaign, Comment, Subscriber
from services.models import ServicePage, Testimonial
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.mail.models import OutgoingMail
from vasite.seo.cards import card_name
from vasite.seo.tasks import content_pages

pytestmark = pytest.mark.django_db


def test_it_works(client: Client) -> None:
    call_command("demo", verbosity=0)
    services = ServicePage.objects.live()
    assert services.count() == 6
    for service in services:
        assert service.price > 0
        assert f"£{service.price:.0f}" in client.get(service.url).text
    posts = BlogPostPage.objects.published()
    assert posts.count() == 8
    for post in posts:
        assert 300 <= len(post.words) <= 900
        assert post.cover.description
    assert Comment.objects.filter(status="approved").count() >= 3
    assert Comment.objects.filter(status="waiting").count() >= 1
    assert Enquiry.objects.count() >= 2
    assert Subscriber.objects.confirmed().count() == 1
    archive = client.get("/newsletter/").text
    for letter in Campaign.objects.all():
        assert (letter.public_title in archive) == (letter.status == "sent")
    assert client.get(Campaign.objects.get(status="sent").url).status_code == 200
    assert not OutgoingMail.objects.exists()  # nobody is written to by the demo


def test_each_page_has_its_social_card_at_once_on_a_slow_machine_too(settings: Any) -> None:
    settings.SLICE_SECONDS = 0
    for name in default_storage.listdir("cards")[1] if default_storage.exists("cards") else []:
        default_storage.delete(f"cards/{name}")
    call_command("demo", verbosity=0)
    cards = {card_name(page) for page in content_pages(Page.objects.all())}
    assert len(cards) > 20
    assert {name for name in cards if not default_storage.exists(name)} == set()


def test_every_testimonial_is_marked_as_a_sample(client: Client) -> None:
    call_command("demo", verbosity=0)
    assert Testimonial.objects.count() >= 3
    assert not Testimonial.objects.exclude(is_sample=True).exists()
    page = client.get("/").text
    assert page.count('class="quote"') == page.count('<span class="tag">Sample</span>') == 2


def test_a_script_that_cannot_say_yes_deletes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("demo", verbosity=0)
    for answer in ("", "no\n"):
        monkeypatch.setattr("sys.stdin", StringIO(answer))
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("demo", reset=True, verbosity=0)
    assert BlogPostPage.objects.count() == 8


def test_what_was_changed_is_put_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("yes\n"))
    call_command("demo", verbosity=0)
    addresses = set(Page.objects.values_list("url_path", flat=True))
    BlogPostPage.objects.first().delete()
    BusinessSettings.objects.update(name="Changed")
    SiteImage.objects.all().delete()
    call_command("demo", reset=True, verbosity=0)
    assert set(Page.objects.values_list("url_path", flat=True)) == addresses
    assert BlogPostPage.objects.count() == 8
    assert Campaign.objects.count() == 2
    assert "Black Pear Office" in client.get("/").text


def test_an_empty_start_has_the_standard_pages_with_guiding_texts(client: Client) -> None:
    call_command("demo", empty=True, verbosity=0)
    assert "Say in one sentence what people get from you." in client.get("/").text
    assert "There is no post yet." in client.get("/blog/").text
    for path in ("/services/", "/about/", "/contact/", "/newsletter/", "/privacy/"):
        assert client.get(path).status_code == 200
    for model in (BlogPostPage, ServicePage, Comment, Enquiry, Subscriber, SiteImage):
        assert not model.objects.exists()
