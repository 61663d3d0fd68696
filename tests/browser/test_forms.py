"""Help while somebody writes, and the states that a discussion can be in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import needs_axe, violations
from tests.served import ServedSite

POST = "/blog/what-to-post-when-nothing-happened/"
LAST_REASONS = """
from contact.models import Enquiry
print(Enquiry.objects.latest("pk").reasons)
"""
DISCUSS = """
from django.utils import timezone
from blog.models import BlogPostPage
from newsletter.models import Comment
post = BlogPostPage.objects.get(slug="what-to-post-when-nothing-happened")
def write(text, **fields):
    comment = Comment(page=post, name=fields.pop("name", "Tom Reed"), email="t@example.com",
                      comment=text, status="approved", **fields)
    comment.set_content(text)
    comment.save()
    return comment
first = write("The first of a long thread")
for number in range(30):
    write(f"Answer {number}", parent=first, is_author=not number % 10)
write("مرحبا بك، شكرا على المقال", name="ليلى")
write("W" * 200, name="V" * 80)
for number in range(100):
    write(f"Comment {number}, see https://example.com/{number}")
closed = BlogPostPage.objects.get(slug="the-meeting-that-fits-on-a-postcard")
closed.commenting = "closed"
closed.save()
"""


@pytest.fixture(scope="module")
def discussed(demo: ServedSite) -> str:
    demo.run_code(DISCUSS)
    return POST


def fill_in(page: Page, name: str) -> None:
    page.fill("#enquiry-name", name)
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you take over my diary from March on?")


def test_a_browser_proves_its_work_and_says_how_long_it_took(
    visit: Callable[..., Page], demo: ServedSite
) -> None:
    page = visit("/contact/")
    fill_in(page, "Hannah proves")
    page.click("#enquiry button[type=submit]")
    page.wait_for_url("**/contact/thank-you/")
    reasons = demo.run_code(LAST_REASONS)
    assert re.search(r"Filled in within \d seconds", reasons)
    assert "JavaScript" not in reasons
    assert "proof" not in reasons


def test_a_form_is_sent_although_the_challenge_fails(
    visit: Callable[..., Page], demo: ServedSite
) -> None:
    page = visit("/contact/")
    page.route("**/forms/challenge/", lambda route: route.abort())
    fill_in(page, "Hannah without a challenge")
    page.click("#enquiry button[type=submit]")
    page.wait_for_url("**/contact/thank-you/")
    assert "Sent without JavaScript" in demo.run_code(LAST_REASONS)


def test_a_fault_is_named_on_leaving_a_field_and_goes_when_it_is_mended(
    visit: Callable[..., Page],
) -> None:
    page = visit("/contact/")
    field = page.locator("#enquiry-email")
    field.press_sequentially("hannah@")
    expect(page.locator(".field-error")).to_have_count(0)
    page.locator("#enquiry-message").focus()
    expect(page.locator("#enquiry-email_error")).to_contain_text("Write the address in full")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("hannah@example.com")
    page.locator("#enquiry-message").focus()
    expect(page.locator("#enquiry-email_error")).to_be_hidden()


def test_the_room_that_is_left_is_counted_near_the_end(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    field = page.locator("#enquiry-message")
    field.fill("x" * 4900)
    expect(page.locator("#enquiry-message_left")).to_have_text("100 characters left")
    field.fill("x" * 5200)
    field.blur()
    expect(page.locator("#enquiry-message_error")).to_have_text(
        "“How can I help?” must be 5,000 characters or fewer (it has 5,200)."
    )


def test_a_draft_outlives_a_reload_and_ends_with_sending(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.locator("#enquiry-name").focus()
    fill_in(page, "Hannah drafts")
    expect(page.locator("#enquiry-draft")).to_contain_text("kept in this browser")
    page.reload()
    page.locator("#enquiry-name").focus()
    expect(page.locator("#enquiry-message")).to_have_value(re.compile("my diary from March"))
    page.click("#enquiry button[type=submit]")
    page.wait_for_url("**/contact/thank-you/")
    assert page.evaluate("localStorage.length") == 0


def test_she_moderates_by_keyboard(
    visit: Callable[..., Page], admin: Page, demo: ServedSite
) -> None:
    for words in ("By keyboard, the older", "By keyboard, the newer"):
        page = visit("/blog/how-to-ask-for-your-money-and-stay-friends/")
        page.fill("#comment-name", "Priya")
        page.fill("#comment-email", "priya@example.com")
        page.fill("#comment-comment", words)
        page.click("form#comment button")
        page.wait_for_url("**#comment-received")
    admin.goto(f"{demo.url}/admin/comments/?ordering=-received_at")
    expect(admin.locator("[data-comment]").first).to_contain_text("the newer")
    admin.keyboard.press("j")
    admin.keyboard.press("j")
    expect(admin.locator("[data-comment]:focus")).to_contain_text("the older")
    admin.keyboard.press("k")
    admin.keyboard.press("s")
    expect(admin.locator(".undo button")).to_be_visible()
    expect(admin.locator("[data-comment]").first).to_contain_text("the older")
    admin.wait_for_load_state()  # the script that hears the next key is there
    admin.keyboard.press("u")
    expect(admin.locator("[data-comment]").first).to_contain_text("the newer")


STATES = [
    pytest.param(POST, id="a thread of 30, right to left, a word of 200 letters"),
    pytest.param(f"{POST}?comments=2", id="the second page"),
    pytest.param(f"{POST}?comments=3#comment-received", id="the last page with the notice"),
    pytest.param("/blog/the-meeting-that-fits-on-a-postcard/", id="closed"),
]


@needs_axe
@pytest.mark.parametrize("path", STATES)
def test_axe_finds_nothing_in_a_discussion(
    visit: Callable[..., Page], discussed: str, path: str
) -> None:
    page = visit(path, color_scheme="dark" if "?" in path else "light", width=320)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_that_is_being_filled_in(
    visit: Callable[..., Page], scheme: str
) -> None:
    page = visit("/contact/", color_scheme=scheme)
    page.locator("#enquiry-email").press_sequentially("hannah@")
    page.fill("#enquiry-message", "x" * 4990)
    page.locator("#enquiry-name").focus()
    expect(page.locator("#enquiry-email_error")).to_be_visible()
    assert violations(page) == []


def test_an_answer_leads_back_to_its_comment(visit: Callable[..., Page], discussed: str) -> None:
    page = visit(discussed)
    page.get_by_role("link", name="Answer Tom Reed").first.click()
    expect(page.get_by_role("heading", name="Answer Tom Reed")).to_be_visible()
    assert page.locator("form#comment input[name=parent]").input_value()


OWN_FORM = """
from contact.models import ContactPage, usual_form
page = ContactPage.objects.get()
words = {"hint": "", "required": False}
options = ["By mail", "By telephone", "At your place, on a weekday between nine and five o’clock"]
page.form_fields = usual_form() + [
    {"type": "question", "id": "a", "value": words | {"label": "Who told you?", "is_long": True}},
    {"type": "choice", "id": "b", "value": words | {
        "label": "How shall I answer?", "required": True, "options": options}},
    {"type": "choices", "id": "c", "value": words | {
        "label": "What weighs on you?", "hint": "Tick all that do.", "options": options}},
    {"type": "date", "id": "d", "value": words | {"label": "When shall it begin?"}},
    {"type": "file", "id": "e", "value": words | {"label": "Your brief", "kinds": ["pdf"]}},
    {"type": "consent", "id": "f", "value": {
        "text": "<p>I have read <a href='/privacy/'>what you keep</a> of me.</p>"}},
]
page.save_revision().publish()
"""
USUAL_FORM = """
from contact.models import ContactPage, usual_form
page = ContactPage.objects.get()
page.form_fields = usual_form()
page.save_revision().publish()
"""
LAST_ANSWERS = """
from contact.models import Enquiry
enquiry = Enquiry.objects.latest("pk")
print([entry["answer"] for entry in enquiry.answers], bytes(enquiry.files.get().content))
"""


@pytest.fixture
def own_form(demo: ServedSite) -> Iterator[None]:
    demo.run_code(OWN_FORM)
    yield
    demo.run_code(USUAL_FORM)


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_form_of_her_own_is_answered_with_all_kinds_of_answers(
    visit: Callable[..., Page], demo: ServedSite, own_form: None, scheme: str
) -> None:
    page = visit("/contact/", color_scheme=scheme)
    assert violations(page) == []
    fill_in(page, f"Hannah of the {scheme}")
    page.click("#enquiry button[type=submit]")
    expect(page.locator(".error-summary")).to_be_visible()
    assert violations(page) == []
    page.click("text=Please answer: How shall I answer?")
    expect(page.get_by_label("By mail").first).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("group", name="What weighs on you?").get_by_label("By telephone").check()
    page.get_by_label("When shall it begin?").fill("2027-05-03")
    brief = {"name": "brief.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 words"}
    page.get_by_label("Your brief").set_input_files(brief)
    page.get_by_label("I have read").check()
    page.click("#enquiry button[type=submit]")
    page.wait_for_url("**/thank-you/**")
    answers = demo.run_code(LAST_ANSWERS)
    assert "['', 'By mail', 'By telephone', '3 May 2027', 'brief.pdf', 'Yes']" in answers
    assert "b'%PDF-1.7 words'" in answers
