"""A letter with every block: as mail, on the website, and in the admin from which it goes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.mail_programs import check_dark_modes, check_outlook, unreadable
from tests.browser.test_pages import needs_axe, violations
from tests.served import ServedSite, once

pytestmark = once

WRITE = """
import json
from io import BytesIO
from django.conf import settings
from django.core.files.images import ImageFile
from django.utils import timezone
from blog.models import BlogPostPage, Category
from PIL import Image
from newsletter.composing import Personal, compose
from newsletter.models import Campaign, NewsletterPage, Subscriber
from vasite.content.models import SiteImage
image = SiteImage.objects.exclude(description="").first()
ink = BytesIO()
Image.new("LA", (200, 100)).save(ink, "PNG")
drawing = SiteImage.objects.create(
    title="Ink", description="A drawing in ink", file=ImageFile(ink, name="ink.png")
)
posts = [post.pk for post in BlogPostPage.objects.all()[:2]]
blocks = {
    "text": "<p>Hello {{ first name }},</p><ul><li>three hours</li></ul><p>مرحبا بك</p>",
    "picture": {"picture": {"image": image.pk, "alt_text": "A desk", "decorative": False},
                "caption": "My desk"},
    "heading": {"text": "W" * 100, "level": "2"},
    "posts": {"heading": "New on the blog", "posts": posts},
    "call_to_action": {"heading": "Shall we talk?", "text": "It costs nothing.",
                       "button": "Get in touch", "page": None},
    "quote": {"text": "My inbox is empty.", "name": "A client", "role": "", "is_sample": True},
    "hint": {"text": "<p>I am away in <b>May</b>.</p>"},
    "steps": {"steps": [{"title": "We talk", "text": "Half an hour."},
                        {"title": "You hand over", "text": "Step by step."}]},
    "price_table": {"caption": "Packages", "prices": [
        {"name": "Ten hours", "amount": "280", "unit": "once", "text": "For 3 months"}]},
    "faq": {"questions": [{"question": "How do we start?", "answer": "<p>With a call.</p>"}]},
}
blocks = [{"type": name, "value": value} for name, value in blocks.items()]
blocks.append({"type": "picture", "value": {"picture": {
    "image": drawing.pk, "alt_text": "My own drawing", "decorative": False}, "caption": ""}})
body = json.dumps(blocks)
letter = Campaign.objects.create(subject="Spring, {{ first name }}", preheader="New", body=body)
html = Personal(None, "Ada").fill_html(compose(letter).html)
Campaign.objects.filter(pk=letter.pk).update(status="sent", started_at=timezone.now())
draft = Campaign.objects.create(subject="A draft", body=body)
reader = Subscriber.objects.create(email="r@example.com", email_key="r@example.com",
                                   status="confirmed")
page = NewsletterPage.objects.get()
page.topics.set(Category.objects.all())
page.save()
print(json.dumps({"html": html, "site": settings.SITE_URL, "page": f"/newsletter/{letter.slug}/",
                  "draft": draft.admin_url,
                  "sent": letter.admin_url,
                  "preferences": "/" + reader.preferences_url.split("/", 3)[3]}))
"""


@pytest.fixture(scope="module")
def letter(demo: ServedSite) -> dict[str, str]:
    return json.loads(demo.run_code(WRITE).splitlines()[-1])


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600])
def test_a_mail_program_shows_the_letter(
    browser: Browser, letter: dict[str, str], width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_content(letter["html"])
    assert violations(page) == []
    assert unreadable(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
    page.close()


def test_outlook_shows_the_letter(browser: Browser, letter: dict[str, str]) -> None:
    page = browser.new_page()
    check_outlook(page, letter["html"])
    assert page.locator(".button a").get_attribute("href") == f"{letter['site']}/contact/"
    page.close()


def test_programs_that_darken_by_themselves_show_the_letter(
    browser: Browser, letter: dict[str, str]
) -> None:
    page = browser.new_page()
    check_dark_modes(page, letter["html"])
    page.close()


def test_a_drawing_in_dark_ink_is_seen_on_a_dark_screen(
    browser: Browser, visit: Callable[..., Page], letter: dict[str, str]
) -> None:
    mail = browser.new_page(color_scheme="dark")
    mail.set_content(letter["html"])
    for page in (mail, visit(letter["page"], color_scheme="dark")):
        picture = page.get_by_alt_text("My own drawing")
        picture.scroll_into_view_if_needed()
        page.wait_for_function("[...document.images].at(-1).naturalWidth > 0")
        with Image.open(BytesIO(picture.screenshot())) as shown:
            assert min(shown.convert("RGB").getpixel((5, 5))) > 200, page.url
    mail.close()


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["page", "preferences"])
def test_axe_finds_nothing_on_the_pages_of_letters(
    visit: Callable[..., Page], letter: dict[str, str], name: str, scheme: str
) -> None:
    page = visit(letter[name], color_scheme=scheme, width=320)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_she_writes_and_sends_one(admin: Page, demo: ServedSite, letter: dict[str, str]) -> None:
    admin.goto(f"{demo.url}/admin/campaigns/add/")
    admin.fill("[name=subject]", "Hello {{ first name }}")
    admin.click("[data-streamfield-stream-container] button[title='Insert a block']")
    admin.get_by_role("option", name="Heading").click()
    admin.fill("[name=body-0-value-text]", "Spring is here")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("It has no second line")).to_be_visible()
    admin.get_by_role("button", name="Send it now").click()
    expect(
        admin.get_by_role("heading", name=re.compile(r"Send it to \d subscribers?\?"))
    ).to_be_visible()
    admin.get_by_role("button", name="Send a test first").click()
    expect(admin.get_by_text("Waiting – email isn’t connected yet").first).to_be_visible()
    admin.get_by_role("button", name=re.compile(r"Yes, send it to \d subscriber")).click()
    expect(admin.get_by_role("heading", name="Sending in 1 minute")).to_be_visible()
    expect(admin.get_by_role("button", name="Send it now")).to_have_count(0)
    admin.get_by_role("button", name="Cancel", exact=True).click()
    expect(admin.get_by_text("Nothing was sent: it is a draft again")).to_be_visible()
    expect(admin.get_by_text("Draft", exact=True)).to_be_visible()


@needs_axe
@pytest.mark.parametrize("path", ["draft", "sent", "/admin/subscribers/import/"])
def test_axe_finds_nothing_where_letters_go_out(
    admin: Page, demo: ServedSite, letter: dict[str, str], path: str
) -> None:
    admin.goto(f"{demo.url}{letter.get(path, path)}")
    assert violations(admin, "#main") == []
