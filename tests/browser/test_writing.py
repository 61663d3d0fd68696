"""The VA writes a post as she would: pasted from a word processor, with pictures."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.conftest import picture_bytes
from tests.served import ServedSite, once, wait_until

pytestmark = once

PASTED = (Path(__file__).parent / "pasted.html").read_text()
PASTE = """(editor, html) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", "unused");
    const event = { clipboardData, bubbles: true, cancelable: true };
    editor.dispatchEvent(new ClipboardEvent("paste", event));
}"""

HEIGHTS = itertools.count(3000, 8)  # no two pictures the same, or Wagtail asks whether they are
BRING_FORWARD = """
from blog.models import BlogPostPage
from django.utils import timezone
post = BlogPostPage.objects.get(slug="for-later").get_latest_revision_as_object()
post.go_live_at = timezone.now()
post.save_revision(approved_go_live_at=post.go_live_at)
"""


def start_post(admin: Page, demo: ServedSite, title: str) -> None:
    admin.goto(f"{demo.url}/admin/")
    admin.click("text=Write a post")
    admin.wait_for_load_state()  # the address follows the title once the scripts run
    admin.locator("#id_title").press_sequentially(title)
    expect(admin.locator("#id_slug")).not_to_have_value("")


def paste(admin: Page, html: str) -> None:
    editor = admin.locator(".public-DraftEditor-content").first
    editor.click()
    editor.evaluate(PASTE, html)


def add_picture(admin: Page, alt_text: str) -> None:
    """Uploads a telephone's photograph (12 megapixels) at the end of the post."""
    empty_places = admin.get_by_role("button", name="Choose an image")
    count = empty_places.count()
    admin.locator("button[title='Insert a block']").last.click()
    admin.get_by_role("option", name=re.compile("^Picture")).click()
    expect(empty_places).to_have_count(count + 1)
    empty_places.last.click()
    chooser = admin.locator(".modal-content")
    chooser.get_by_role("tab", name="Upload").click()
    photo = {
        "name": "IMG_0001.jpg",
        "mimeType": "image/jpeg",
        "buffer": picture_bytes((4032, next(HEIGHTS))),
    }
    chooser.locator("input[type=file]").set_input_files(photo)
    expect(chooser.get_by_label("Title")).to_have_value("IMG_0001")
    chooser.get_by_label("Alt text").fill(alt_text)
    chooser.get_by_role("button", name="Upload").click()
    expect(chooser).to_have_count(0)
    expect(empty_places).to_have_count(count)


def publish(admin: Page) -> None:
    button = admin.locator("button[name=action-publish]")  # in the menu beside "Save draft"
    button.evaluate("button => button.click()")


def test_va_pastes_a_post_with_three_pictures_and_publishes_it(
    visit: Callable[..., Page], admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "On market days")
    paste(admin, PASTED)
    for alt_text in ("A stall with apples", "A tin of coins", "Two pens"):
        add_picture(admin, alt_text)

    admin.get_by_role("button", name="Toggle preview").click()
    preview = admin.frame_locator("#w-preview-iframe")
    expect(preview.locator("h1")).to_have_text("On market days")
    expect(preview.get_by_alt_text("Two pens")).to_have_count(1)

    publish(admin)
    expect(admin.locator(".messages")).to_contain_text("published")
    for path in ("/", "/blog/"):
        page = visit(path)
        expect(page.get_by_role("link", name="On market days")).to_be_visible()
        # The introduction and the picture that she did not give are taken from the text.
        expect(page.locator("main")).to_contain_text("A short list, in red, from the stall.")
    page = visit("/blog/on-market-days/")
    text = page.locator("article .prose").inner_html()
    assert '<h2 id="h-what-i-carry-to-the-market">' in text
    assert "<b>short</b>" in text
    assert '<a href="https://www.example.org/stall">the stall</a>' in text
    assert "<li>A float of small change</li><li>A second pen</li>" in text
    assert '<h2 id="h-and-what-i-leave-at-home">' in text
    assert not re.search(r"style|color|font|Mso|<p>\s*</p>", text)
    assert page.locator("article figure img").count() == 3


def test_what_is_typed_after_a_picture_lands_in_no_other_text(
    admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "A picture by the slash")
    paste(admin, "<p>First words.</p><p>Last words.</p>")
    admin.keyboard.type(" /Picture")
    expect(admin.get_by_role("option", name="Picture")).to_be_visible()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("button", name="Choose an image").last).to_be_focused()
    admin.keyboard.press("Enter")
    chooser = admin.locator(".modal-content")
    chooser.get_by_label("Search term").fill("Diary")  # others may fill the first page
    chooser.get_by_role("link", name="Diary").first.click()
    expect(chooser).to_have_count(0)
    picture = admin.locator("[data-streamfield-child]", has=admin.locator(".image-chooser")).last
    expect(picture.get_by_role("button", name="Actions").first).to_be_focused()
    admin.keyboard.type("not in the text")
    expect(admin.locator(".public-DraftEditor-content").first).to_have_text(
        "First words.Last words. "
    )


def test_va_schedules_a_post_and_it_appears_by_itself(
    visit: Callable[..., Page], admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "For later")
    paste(admin, "<p>Not yet.</p>")
    admin.get_by_role("button", name="Toggle status").click()
    admin.get_by_role("button", name="Set schedule").click()
    moment = timezone.localtime() + timedelta(hours=2)
    dialog = admin.get_by_role("dialog", name="Set publishing schedule")
    dialog.get_by_label("Go live date/time").fill(f"{moment:%d/%m/%Y %H:%M}")
    dialog.get_by_role("button", name="Save schedule").press("Enter")  # a calendar hides it
    expect(admin.locator(".messages")).to_contain_text(re.compile("created|updated"))
    publish(admin)
    expect(admin.locator(".messages")).to_contain_text("scheduled for publishing")
    assert visit("/blog/for-later/").title().startswith("Page not found")
    # Two hours pass: the moment moves here, as the worker's clock can't.
    demo.run_code(BRING_FORWARD)
    page = visit("/blog/")
    for _ in range(60):
        if page.get_by_role("link", name="For later").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_role("link", name="For later")).to_be_visible()


LONG_POST = """
from blog.models import BlogIndexPage, BlogPostPage
body = [("text", f"<p>Paragraph {number} of a long <b>story</b>.</p>") for number in range(60)]
post = BlogPostPage(title="A long story", slug="a-long-story", live=False, body=body)
BlogIndexPage.objects.get().add_child(instance=post)
post.save_revision()
print(post.pk)
"""
LAST_TEXTS = """
from blog.models import BlogPostPage
post = BlogPostPage.objects.get(slug="a-long-story").get_latest_revision_as_object()
print(len(post.body), post.body[58].value.source, post.body[59].value.source)
"""


def test_a_long_post_is_edited_at_its_end(admin: Page, demo: ServedSite) -> None:
    number = demo.run_code(LONG_POST).split()[-1]
    admin.goto(f"{demo.url}/admin/pages/{number}/edit/")
    waiting = admin.locator(".waiting-text")
    expect(waiting.last).to_contain_text("Paragraph 59 of a long story.")
    assert waiting.count() > 20  # only what is near the screen has its editor
    waiting.last.evaluate("words => words.focus()")
    editor = admin.locator(".public-DraftEditor-content").last
    expect(editor).to_be_focused()
    expect(editor).to_contain_text("Paragraph 59")
    admin.keyboard.press("Control+End")
    admin.keyboard.type(" The end.")
    admin.get_by_role("button", name="Save draft").click()
    wait_until(lambda: "The end." in demo.run_code(LAST_TEXTS))
    said = demo.run_code(LAST_TEXTS)
    assert said.startswith("60 ")
    assert "Paragraph 58 of a long <b>story</b>." in said


MIXED_POST = LONG_POST.replace("a-long-story", "a-long-read").replace(
    "</b>.</p>",
    "</b> with <a href='https://example.com/'>a <i>link</i></a>.</p><ul><li>And more</li></ul>",
)
FIELDS = "JSON.stringify([...new FormData(document.querySelector('form[data-edit-form]'))])"


def test_scrolling_through_a_long_post_changes_nothing(admin: Page, demo: ServedSite) -> None:
    number = demo.run_code(MIXED_POST).split()[-1]
    admin.goto(f"{demo.url}/admin/pages/{number}/edit/")
    waiting = admin.locator(".waiting-text")
    expect(waiting.last).to_contain_text("Paragraph 59 of a long story with a link.")
    before = admin.evaluate(FIELDS)
    while count := waiting.count():
        waiting.last.evaluate("words => words.scrollIntoView()")
        wait_until(lambda count=count: waiting.count() < count)
    admin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the editors' moment
    assert admin.evaluate(FIELDS) == before
