"""The four people at their main job, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.served import ServedSite

POST = "/blog/what-an-hour-of-help-really-costs/"
WAYS = [
    pytest.param({"width": 390, "java_script_enabled": True}, id="phone"),
    pytest.param({"width": 390, "java_script_enabled": False}, id="phone without JavaScript"),
    pytest.param(
        {"width": 1280, "java_script_enabled": True, "color_scheme": "dark"}, id="desktop"
    ),
]
everyway = pytest.mark.parametrize("way", WAYS)


@everyway
def test_prospect_is_at_the_form_in_two_taps(visit: Callable[..., Page], way: dict) -> None:
    page = visit("/", **way)
    text = page.inner_text("main")
    for fact in ("Eleanor", "Worcester", "£30"):
        assert fact in text
    page.click("main .card a >> nth=0")
    page.click("main .button >> nth=0")
    page.wait_for_url("**/contact/?service=*")
    expect(page.locator("form#enquiry")).to_be_visible()


@everyway
def test_visitor_sends_an_enquiry_after_mending_it(
    visit: Callable[..., Page], way: dict, admin: Page, demo: ServedSite, request
) -> None:
    name = f"Hannah {request.node.callspec.id}"
    page = visit("/contact/", **way)
    page.fill("#enquiry-name", name)
    page.fill("#enquiry-email", "hannah@")
    page.click("#enquiry button")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("#enquiry-name")).to_have_value(name)
    if way["java_script_enabled"]:
        expect(page.locator(".error-summary")).to_be_focused()
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you take over my mail?")
    page.click("#enquiry button")
    page.wait_for_url("**/contact/thank-you/")
    admin.goto(f"{demo.url}/admin/enquiries/")
    expect(admin.locator("main")).to_contain_text(name)


@everyway
def test_reader_comments_and_the_va_approves(
    visit: Callable[..., Page], way: dict, admin: Page, demo: ServedSite, request
) -> None:
    words = f"Thank you from a {request.node.callspec.id}."
    page = visit(POST, **way)
    page.fill("#comment-name", "Priya")
    page.fill("#comment-email", "priya@example.com")
    page.fill("#comment-comment", words)
    page.click("form#comment button")
    page.wait_for_url("**#comment-received")
    expect(page.locator("#comment-received")).to_be_visible()
    assert words not in page.inner_text("main")
    admin.goto(f"{demo.url}/admin/comments/?status=waiting")
    row = admin.locator("tr", has_text=words)
    row.locator("input[type=checkbox]").check()
    admin.get_by_role("link", name="Approve the ticked comments").click()
    admin.get_by_role("button", name="Yes").click()
    expect(admin.locator(".messages")).to_contain_text("public from now on")
    page.reload()
    expect(page.locator("main")).to_contain_text(words)


@everyway
def test_reader_subscribes_confirms_and_leaves(
    visit: Callable[..., Page], way: dict, admin: Page, demo: ServedSite, request
) -> None:
    address = f"reader-{abs(hash(request.node.callspec.id))}@example.com"
    page = visit("/newsletter/", **way)
    page.fill("#subscribe-email", address)
    page.click("form#subscribe button")
    page.wait_for_url("**/newsletter/thank-you/")
    admin.goto(f"{demo.url}/admin/outbox/")
    admin.locator("tr", has_text=address).get_by_role("link", name="Please confirm").click()
    admin.wait_for_url("**/admin/outbox/inspect/**")  # in full, not as far as it has arrived
    text = admin.inner_text("pre")
    for word, outcome in (("confirm", "You are subscribed"), ("unsubscribe", "unsubscribed")):
        found = re.search(rf"http\S+/newsletter/{word}/\S+", text)
        assert found
        page.goto(found[0])
        page.click("main button")
        expect(page.locator("h1")).to_contain_text(outcome)


def test_va_reads_a_mail_as_sent_and_its_button_works(
    visit: Callable[..., Page], admin: Page, demo: ServedSite
) -> None:
    page = visit("/newsletter/")
    page.fill("#subscribe-email", "button@example.com")
    page.click("form#subscribe button")
    page.wait_for_url("**/newsletter/thank-you/")
    admin.goto(f"{demo.url}/admin/outbox/")
    row = admin.locator("tr", has_text="button@example.com")
    row.get_by_role("link", name="Please confirm").click()
    mail = admin.frame_locator("iframe[title='The mail as HTML']")
    with admin.expect_popup() as opened:
        mail.get_by_role("link", name="Yes, send it to me").click()
    opened.value.get_by_role("button", name="Yes, send it to me").click()
    expect(opened.value.locator("h1")).to_have_text("You are subscribed")


MAKE_A_PAGE_WITH_A_VIDEO = """
from vasite.home.models import HomePage, StandardPage
video = {"url": "https://vimeo.com/76979871", "title": "How I plan a week"}
page = StandardPage(title="Video", body=[("video", video)], live=False)
HomePage.objects.get().add_child(instance=page).save_revision().publish()
"""


@pytest.fixture(scope="module")
def video_path(demo: ServedSite) -> str:
    demo.run_code(MAKE_A_PAGE_WITH_A_VIDEO)
    return "/video/"


@everyway
def test_a_video_asks_no_other_host_before_a_click(
    visit: Callable[..., Page], video_path: str, way: dict
) -> None:
    link = visit(video_path, **way).get_by_role("link", name="Watch: How I plan a week")
    expect(link).to_have_attribute("href", "https://vimeo.com/76979871")


def test_a_click_shows_the_video_in_the_page(
    browser: Browser, demo: ServedSite, video_path: str
) -> None:
    context = browser.new_context()
    context.route("https://player.vimeo.com/**", lambda route: route.fulfill(body="The player"))
    page = context.new_page()
    page.goto(f"{demo.url}{video_path}")
    page.get_by_role("link", name="Watch: How I plan a week").click()
    player = page.frame_locator("iframe[title='How I plan a week']")
    expect(player.locator("body")).to_have_text("The player")
    context.close()
