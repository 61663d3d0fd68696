"""A prospect searches from the header of any page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import needs_axe, violations
from tests.served import ServedSite, wait_until


@pytest.fixture(autouse=True)
def _indexed(demo: ServedSite) -> None:
    wait_until(lambda: "Invoices" in demo.get("/search/suggest/?q=inv")[1])


@pytest.mark.parametrize("has_javascript", [True, False])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_header_finds_pages(
    visit: Callable[..., Page], width: int, has_javascript: bool
) -> None:
    page = visit("/about/", width=width, java_script_enabled=has_javascript)
    page.locator(".header-search summary").click()
    page.get_by_label("Search this site").fill("invoice")
    page.get_by_label("Search this site").press("Enter")
    page.wait_for_url("**/search/?q=invoice")
    expect(page.locator("main")).to_contain_text("found for “invoice”")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_suggestions_are_reached_by_keyboard(visit: Callable[..., Page], scheme: str) -> None:
    page = visit("/", color_scheme=scheme)
    page.locator(".header-search summary").press("Enter")
    box = page.get_by_role("combobox", name="Search this site")
    box.press_sequentially("inv")
    option = page.get_by_role("option", name="Invoices and bookkeeping")
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.press("Escape")
    expect(option).to_be_hidden()
    assert box.input_value() == "inv"
    box.press_sequentially("o")
    expect(option).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/services/invoices-and-bookkeeping/")


def test_a_suggestion_is_followed_by_a_tap(visit: Callable[..., Page]) -> None:
    page = visit("/", has_touch=True)
    page.locator(".header-search summary").tap()
    page.get_by_label("Search this site").press_sequentially("inv")
    page.get_by_role("option", name="Invoices and bookkeeping").tap()
    page.wait_for_url("**/services/invoices-and-bookkeeping/")
