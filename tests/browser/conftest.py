"""The real site with its demo content, and Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import programs
from tests.served import ServedSite, copy_of_demo_site

# The one without windows is a third faster
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
TIMEOUT = 90_000  # milliseconds for a page, or for a form that proves its work


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path) and not CHROMIUM:
            item.add_marker(pytest.mark.skip(reason=programs.reason("Chromium")))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    folder = tmp_path_factory.mktemp("demo")
    site = ServedSite(folder, DATABASE_URL=copy_of_demo_site(folder, "vasite_browser"))
    yield site
    assert site.process.poll() is None, "".join(site.output[-60:])
    site.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


class Watch:
    """Notes what a page must not do: console errors, other hosts, cookies."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.faults: list[str] = []
        context.on("console", self.note_console)
        context.on("request", lambda request: self.note_request(request.url, url))
        context.on("weberror", lambda error: self.faults.append(str(error.error)))

    def note_console(self, message) -> None:
        # Chromium calls each 4xx answer of a page an error; the tests ask for some of those.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def note_request(self, address: str, own: str) -> None:
        if not address.startswith((own, "data:", "blob:")):
            self.faults.append(f"another host: {address}")

    def check(self) -> None:
        assert self.faults == []
        assert self.context.cookies() == []


@pytest.fixture
def visit(browser: Browser, demo: ServedSite) -> Iterator[Callable[..., Page]]:
    """`visit("/", width=320)` opens a page as a new visitor; at the end nothing was amiss."""
    watches: list[Watch] = []

    def open_page(path: str, *, width: int = 390, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(TIMEOUT)
        watches.append(Watch(context, demo.url))
        page = context.new_page()
        page.goto(f"{demo.url}{path}")
        return page

    yield open_page
    for watch in watches:
        watch.check()
        watch.context.close()


def sign_in(page: Page, site: ServedSite) -> None:
    """Sign in as the owner by the sign-in page, and wait for the admin's first page."""
    page.goto(f"{site.url}/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", site.password)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")


@pytest.fixture(scope="session")
def admin_state() -> dict[str, Any]:
    """The cookies of the owner's last sign-in."""
    return {}


@pytest.fixture
def admin(browser: Browser, demo: ServedSite, admin_state: dict[str, Any]) -> Iterator[Page]:
    """The VA, signed in."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, storage_state=admin_state or None
    )
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(f"{demo.url}/admin/")
    if "/login/" in page.url:
        sign_in(page, demo)
        admin_state.update(context.storage_state())
    yield page
    context.close()
