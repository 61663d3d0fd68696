"""A prospect reads what is offered, for whom, and what it costs."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from blog.models import Category
from contact.models import Enquiry
from services.models import AreaPage, ServicePage, Testimonial
from tests.conftest import SmallSite

PACKAGE = {"name": "Ten hours", "amount": 280, "unit": "once", "text": "For three months"}


def test_it_works(client: Client, site: SmallSite) -> None:
    site.service.for_whom = "For owners who read mail in bed."
    site.service.included = [("item", "A look twice a day")]
    site.service.packages = [("package", PACKAGE)]
    site.service.save()
    page = client.get("/services/inbox/").text
    for words in ("From £30 an hour", "For owners who", "A look twice a day", "Ten hours"):
        assert words in page
    assert '<span class="price">£280</span>' in page
    assert "From £30 an hour" in client.get("/services/").text


def test_a_visitor_asks_about_the_service_right_there(client: Client, site: SmallSite) -> None:
    page = client.get("/services/inbox/").text
    assert '<form id="enquiry" class="form" method="post" action="/contact/"' in page
    assert '<option value="inbox" selected>' in page
    fields = {"name": "Hannah", "email": "hannah@", "service": "inbox", "message": "Hello"}
    faulty = client.post("/contact/", fields)
    assert faulty.status_code == 422
    assert '<option value="inbox" selected>' in faulty.text
    client.post("/contact/", fields | {"email": "hannah@example.com"})
    assert Enquiry.objects.get().service == site.service


def test_a_visitor_is_not_asked_for_a_service_once_none_is_left(
    client: Client, site: SmallSite
) -> None:
    asked = {"label": "Service", "hint": "", "required": True}
    site.contact.form_fields = [("service", asked)]
    site.contact.save()
    site.service.unpublish()  # while somebody writes on its page
    fields = {"name": "Hannah", "email": "hannah@example.com", "message": "Hello"}
    for service in ("inbox", ""):
        message = fields | {"service": service, "message": f"Hello {service}"}
        assert client.post("/contact/", message).status_code == 303
    assert Enquiry.objects.filter(service=None).count() == 2


def test_a_testimonial_needs_consent_or_the_word_sample(client: Client, site: SmallSite) -> None:
    words = Testimonial(text="Splendid.", name="A florist", business="Malvern")
    with pytest.raises(ValidationError) as error:
        words.full_clean()
    assert "Ask them first" in str(error.value)
    words.has_consent = True
    words.full_clean()
    words.save()
    site.service.testimonials = [words]
    site.service.save()
    page = client.get("/services/inbox/").text
    assert "Splendid." in page
    assert "Sample" not in page
    words.has_consent, words.is_sample = False, True
    words.save()
    assert '<span class="tag">Sample</span>' in client.get("/services/inbox/").text


def test_a_service_shows_posts_about_it(client: Client, site: SmallSite) -> None:
    category = Category.objects.create(name="Mail", slug="mail")
    site.post.categories = [category]
    site.post.save()
    site.service.category = category
    site.service.save()
    assert "On trust" in client.get("/services/inbox/").text


def test_a_page_for_a_place_lists_the_services(client: Client, site: SmallSite) -> None:
    page = AreaPage(title="Virtual assistant in Malvern", area="Malvern", introduction="On foot.")
    site.home.add_child(instance=page)
    text = client.get("/virtual-assistant-in-malvern/").text
    assert "What I do in Malvern" in text
    assert 'href="/services/inbox/"' in text
    assert not ServicePage.can_create_at(page)
