"""A writer with the seed's habits follows the panel until there is nothing to improve."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_writing import add_picture, paste, start_post
from tests.served import ServedSite, once

pytestmark = once

SENTENCES = (
    "Last month I went to four breakfasts where everybody stands up for a minute.",
    "It is a strange way to meet, but by the third time people remember your name.",
    "They do not need me yet. They want to know that I keep my word.",
)
TEXT = "".join(f"<p>{' '.join(SENTENCES)}</p>" for _ in range(9))
PHRASES = (
    "virtual assistant worcester",
    "virtual assistant droitwich",
    "outsource admin assistant",
)
DESCRIPTIONS = (
    "A long table laid for breakfast",
    "A hand with a name badge",
    "Two cups on a saucer",
)


def finding(admin: Page, check: str) -> Locator:
    return admin.locator(f".coach-finding[data-check={check}]")


def show(admin: Page, check: str) -> Locator:
    """Presses "Show me where" and gives the field that has the focus then."""
    finding(admin, check).first.get_by_role("button", name="Show me where").click()
    return admin.locator(":focus")


def test_the_panel_leads_to_nothing_to_improve(admin: Page, demo: ServedSite) -> None:
    start_post(admin, demo, "Breakfast")
    paste(admin, TEXT)
    for phrase in PHRASES:
        add_picture(admin, phrase)
    expect(finding(admin, "alt-is-search-phrase")).to_have_count(3)
    expect(finding(admin, "no-description")).to_be_visible()
    expect(finding(admin, "no-headings")).to_be_visible()
    expect(finding(admin, "no-headings")).to_contain_text("words without a heading")

    for remaining, description in zip((2, 1, 0), DESCRIPTIONS, strict=True):
        place = finding(admin, "alt-is-search-phrase").first.locator("button")
        block = place.get_attribute("data-coach-place")
        place.click()
        picture = admin.locator(f'[data-contentpath="{block}"]').first
        expect(picture).to_be_in_viewport()
        picture.get_by_label("Alt text").fill(description)
        expect(finding(admin, "alt-is-search-phrase")).to_have_count(remaining)

    introduction = show(admin, "no-description")
    expect(introduction).to_have_attribute("name", "introduction")
    introduction.fill("What four networking breakfasts taught me about being remembered.")
    expect(finding(admin, "no-description")).to_have_count(0)
    expect(admin.locator(".coach-result")).to_contain_text("What four networking breakfasts")

    paste(admin, f"<h2>A minute each</h2>{TEXT}<h2>What stays</h2>")
    expect(finding(admin, "no-headings")).to_have_count(0)

    admin.locator("button[title='Insert a block']").last.click()
    admin.get_by_role("option", name=re.compile("^Call to action")).click()
    admin.get_by_label("Heading").last.fill("Shall we have a coffee?")
    expect(admin.locator(".coach-done")).to_contain_text("Nothing to improve.")
