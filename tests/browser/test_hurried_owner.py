"""A hurried owner presses the first button there is: she is asked, told the truth and loses
nothing."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.conftest import picture_bytes
from tests.served import ServedSite, once

pytestmark = once

PLACES = """
import json
import re
from blog.models import BlogPostPage
from contact.models import ContactPage, Enquiry
from vasite.home.models import HomePage
from newsletter.models import Campaign, NewsletterPage
from services.models import ServicePage
post = BlogPostPage.objects.live().exclude(picture=None).exclude(categories=None).first()
service = ServicePage.objects.live().first()
enquiry = Enquiry(name="Hannah in use", email="hannah@example.com", message="Hi", service=service)
enquiry.set_content("Hi")
enquiry.save()
print(json.dumps({
    "post": post.title, "service": service.pk, "category": post.categories.first().pk,
    "image": post.picture_id, "enquiry": enquiry.pk,
    "newsletter": Campaign.objects.create(subject="Nowhere").pk,
    "home page": HomePage.objects.get().pk, "contact page": ContactPage.objects.get().pk,
    "newsletter page": NewsletterPage.objects.get().pk,
}))
"""


@pytest.fixture(scope="module")
def places(demo: ServedSite) -> dict[str, int]:
    return json.loads(demo.run_code(PLACES).splitlines()[-1])


@pytest.mark.parametrize("action", ["Unpublish", "Delete"])
def test_pages_that_the_site_needs_are_not_taken_away_in_a_hurry(
    admin: Page, demo: ServedSite, places: dict[str, int], action: str
) -> None:
    for name, words in (
        ("contact page", "nobody can send you an enquiry"),
        ("newsletter page", "nobody can subscribe"),
    ):
        admin.goto(f"{demo.url}/admin/pages/{places[name]}/edit/")
        admin.get_by_role("button", name="Actions", exact=True).first.click()
        admin.get_by_role("link", name=action, exact=True).first.click()
        expect(admin.get_by_text(words)).to_be_visible()
        admin.get_by_role("link", name=f"No, don't {action.lower()}").click()
        assert demo.get(f"/{name.split()[0]}/")[0] == 200
    admin.goto(f"{demo.url}/admin/pages/{places['home page']}/{action.lower()}/")
    expect(admin.get_by_text("needs its home page")).to_be_visible()
    assert demo.get("/")[0] == 200


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("image", "images/{}/delete/", "post"),
        ("category", "categories/delete/{}/", "post"),
        ("service", "pages/{}/delete/", "Hannah in use"),
    ],
)
def test_what_is_used_is_not_deleted_before_she_reads_where(
    admin: Page, demo: ServedSite, places: dict[str, int], name: str, path: str, words: str
) -> None:
    admin.goto(f"{demo.url}/admin/{path.format(places[name])}")
    expect(admin.locator(".usages")).to_contain_text(str(places.get(words, words)))
    admin.locator(".usages a").first.click()
    expect(admin).to_have_url(re.compile("/edit/"))


@pytest.mark.parametrize(
    ("name", "path"), [("enquiry", "enquiries/delete/{}/"), ("newsletter", "campaigns/delete/{}/")]
)
def test_what_stands_on_no_page_is_not_called_unused(
    admin: Page, demo: ServedSite, places: dict[str, int], name: str, path: str
) -> None:
    admin.goto(f"{demo.url}/admin/{path.format(places[name])}")
    expect(admin.get_by_role("button", name="Yes, delete")).to_be_visible()
    assert admin.get_by_text("used nowhere").count() == 0


def test_an_image_whose_alt_text_is_forgotten_is_kept(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}/admin/images/add/")
    photo = {"name": "hurried.jpg", "mimeType": "image/jpeg", "buffer": picture_bytes((640, 470))}
    admin.locator("input[type=file]").first.set_input_files(photo)
    admin.get_by_role("button", name="Upload").last.click()
    expect(admin.locator(".messages")).to_contain_text("added")
    admin.goto(f"{demo.url}/admin/images/?q=hurried")
    expect(admin.get_by_text("hurried").first).to_be_visible()


def test_settings_typed_before_signing_in_elsewhere_are_saved(
    admin: Page, demo: ServedSite
) -> None:
    admin.goto(f"{demo.url}/admin/settings/business/businesssettings/1/")
    field = admin.get_by_label("You answer within")
    field.fill("two working days, signed in elsewhere")
    admin.context.clear_cookies()
    sign_in(admin.context.new_page(), demo)
    admin.get_by_role("button", name="Save").evaluate("button => button.click()")
    expect(admin.locator(".messages")).to_contain_text("updated")
    expect(field).to_have_value("two working days, signed in elsewhere")


@pytest.mark.parametrize(
    ("path", "name"),
    [("testimonials/add/", "text"), ("settings/business/businesssettings/1/", "strapline")],
)
def test_the_end_of_what_she_pastes_is_not_cut_off_without_a_word(
    admin: Page, demo: ServedSite, path: str, name: str
) -> None:
    """A browser drops what is over a field's `maxlength`."""
    words = f"{'Nothing falls through any more. ' * 40}Said in full."
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.goto(f"{demo.url}/admin/{path}")
    field = admin.locator(f"[name={name}]")
    field.fill("")
    field.focus()
    admin.keyboard.insert_text(words)
    expect(field).to_have_value(words)
    admin.get_by_role("button", name="Save").first.evaluate("button => button.click()")
    refusal = f"(it has {len(words)})"
    expect(admin.locator(".error-message", has_text=refusal)).to_be_visible()
    expect(field).to_have_value(words)
