"""What was typed and not sent stays in its writer's own browser, as long as the site says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Page

from tests.served import ServedSite
from vasite.retention import RETENTION

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
USE_FORMS = """() => Promise.all([...document.querySelectorAll("form[data-script]")]
    .flatMap((form) => form.dataset.script.split(" ").map((name) => import(name))))"""


def is_kept_until(page: Page, url: str, key: str, draft: dict[str, Any], period: timedelta) -> bool:
    """Return whether a draft of START is there at another page a second before its time is over.

    It has to be gone a second after that.
    """
    stored: list[bool] = []
    for moment in (START + period - SECOND, START + period + SECOND):
        page.clock.set_fixed_time(moment)
        page.evaluate(
            "([key, draft]) => localStorage.setItem(key, JSON.stringify(draft))", [key, draft]
        )
        page.goto(url)
        page.wait_for_load_state()
        page.evaluate(USE_FORMS)
        stored.append(page.evaluate("key => localStorage.getItem(key) !== null", key))
    return stored == [True, False]


def test_unsaved_words_of_an_editor_go_when_the_privacy_page_says(
    admin: Page, demo: ServedSite
) -> None:
    draft = {"at": START.timestamp() * 1000, "fields": []}
    period = RETENTION["unsaved_drafts"].period
    user = admin.locator("meta[name=user]").get_attribute("content")
    key = f"unsaved {user} /admin/elsewhere/"
    assert is_kept_until(admin, f"{demo.url}/admin/", key, draft, period)


def test_unsent_words_of_a_visitor_go_when_the_privacy_page_says(
    browser: Browser, demo: ServedSite
) -> None:
    draft = {"at": START.timestamp() * 1000, "fields": {"message": "My diary"}}
    page = browser.new_page()
    period = RETENTION["form_drafts"].period
    key = "draft enquiry /services/inbox/ 0.1"
    page.goto(demo.url)
    assert is_kept_until(page, f"{demo.url}/contact/", key, draft, period)
    page.close()
