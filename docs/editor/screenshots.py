"""Takes the guide's pictures from a fresh site with its demo content: `make docs-screenshots`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.browser.conftest import sign_in
from tests.served import ServedSite

FOLDER = Path(__file__).parent / "img"
POST = "What an hour of help really costs"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    os.environ.pop("DATABASE_URL", None)
    site = ServedSite(Path(tempfile.mkdtemp()))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            sign_in(page, site)
            for name, show in SCENES.items():
                page.goto(f"{site.url}/admin/")
                show(page)
                page.wait_for_timeout(1500)  # what is drawn after the page
                save(page.screenshot(), name)
    finally:
        site.stop()


def save(screenshot: bytes, name: str) -> None:
    with Image.open(BytesIO(screenshot)) as picture:
        small = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}.png", optimize=True)


def menu(*names: str) -> Callable[[Page], None]:
    """Gives what clicks through the entries of the admin's menu."""

    def click(page: Page) -> None:
        for name in names:
            page.locator("nav, aside").get_by_role("link", name=name).or_(
                page.locator("nav, aside").get_by_role("button", name=name)
            ).first.click()
            page.wait_for_timeout(600)

    return click


def edit_post(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/posts/"))
    page.get_by_role("link", name=POST).first.click()
    page.wait_for_selector("#id_title")


def schedule(page: Page) -> None:
    edit_post(page)
    page.get_by_role("button", name="Toggle status").click()


def add_picture(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/images/add/"))


def edit_service(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/services/"))
    page.get_by_role("link", name="Inbox management").first.click()
    page.wait_for_selector("#id_title")


def read_mail(page: Page) -> None:
    start = page.url.removesuffix("/admin/")
    page.goto(f"{start}/newsletter/")
    page.fill("#subscribe-email", "reader2@example.com")
    page.click("form#subscribe button")
    page.wait_for_url("**/thank-you/")
    page.goto(f"{start}/admin/outbox/")
    page.get_by_role("link", name="Please confirm").click()


def open_enquiry(page: Page) -> None:
    start = page.url.removesuffix("/admin/")
    page.goto(f"{start}/contact/")
    page.fill("#enquiry-name", "Hannah Cole")
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you look after my inbox while I am away in May?")
    page.click("form#enquiry button")
    page.wait_for_url("**/thank-you/")
    page.goto(f"{start}/admin/enquiries/")
    page.get_by_role("link", name="Hannah Cole").first.click()


def own_form(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/pages/search/?q=contact"))
    page.get_by_role("link", name="Contact", exact=True).last.click()
    page.wait_for_selector("#id_title")
    page.locator("#panel-child-content-form_fields-section").evaluate("it => it.scrollIntoView()")


def business(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/settings/business/businesssettings/"))


def write_letter(page: Page) -> None:
    page.goto(page.url.replace("/admin/", "/admin/campaigns/"))
    page.get_by_role("link", name="Two hours before").first.click()
    page.wait_for_selector("#id_subject")


def send_letter(page: Page) -> None:
    write_letter(page)
    page.goto(page.url.replace("/edit/", "/inspect/"))


SCENES: dict[str, Callable[[Page], None]] = {
    "write-a-post": lambda page: page.click("text=Write a post"),
    "pictures": add_picture,
    "be-found": edit_post,
    "publish-later": schedule,
    "services": edit_service,
    "your-business": business,
    "enquiry": open_enquiry,
    "enquiries": menu("Enquiries"),
    "contact-form": own_form,
    "comments": menu("Comments"),
    "outbox": read_mail,
    "letter": write_letter,
    "sending-a-letter": send_letter,
}

if __name__ == "__main__":
    main()
