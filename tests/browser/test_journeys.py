"""The four people at their main job, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
        assert page.evaluate("document.activeElement.className") == "error-summary"
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
    text = admin.inner_text("pre")
    for word, outcome in (("confirm", "You are subscribed"), ("unsubscribe", "unsubscribed")):
        found = re.search(rf"http\S+/newsletter/{word}/\S+", text)
        assert found
        page.goto(found[0])
        page.click("main button")
        expect(page.locator("h1")).to_contain_text(outcome)
