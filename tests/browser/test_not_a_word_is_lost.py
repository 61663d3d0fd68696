"""The owner types, presses what a hurried person presses, and finds every word again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_writing import PASTE, paste, publish, start_post
from tests.conftest import picture_bytes
from tests.served import ServedSite, once, wait_until

pytestmark = once

INTRODUCTION = "#id_introduction"
# Within one task, before any timer of the editor
PASTE_AND_SAVE = f"""(editor, html) => {{
    ({PASTE})(editor, html);
    editor.closest("form").querySelector("button.action-save").click();
}}"""
DICTATE = """(field, words) => {
    field.value = words;
    field.dispatchEvent(new Event("input", {bubbles: true}));
}"""
# Resolved once autosave has taken the words: how often it was called for again as it ended
ONCE_SAVED = f"""([words, more]) => new Promise((done) => {{
    const field = document.querySelector("#id_introduction");
    let isSent = false;
    let count = 0;
    addEventListener("w-autosave:save", ({{detail}}) => {{
        isSent = detail.formData.get("introduction") === words;
    }});
    addEventListener("w-autosave:success", () => {{
        count = 0;
        if (isSent && more) ({DICTATE})(field, more);
    }}, {{capture: true}});
    addEventListener("w-unsaved:add", () => count++);
    addEventListener("w-autosave:success", () => isSent && done(count));
    ({DICTATE})(field, words);
}})"""
LATEST = """
from blog.models import BlogPostPage
post = BlogPostPage.objects.filter(title={title!r}).latest("pk").get_latest_revision_as_object()
print(post.introduction, post.body.raw_data, post.slug, post.go_live_at)
"""
DRAFT = """
from blog.models import BlogPostPage
post = BlogPostPage.objects.get(pk={pk}).get_latest_revision_as_object()
print(post.title, "First words." in str(post.body.raw_data))
"""
COUNT = """
from blog.models import BlogPostPage
posts = BlogPostPage.objects.filter(title={title!r})
print(posts.count(), any(post.live for post in posts))
"""
KEPT_IMAGES = """
from vasite.content.models import SiteImage
print(SiteImage.objects.filter(title__startswith="kept-").count())
"""
LAST_REASONS = """
from contact.models import Enquiry
print(Enquiry.objects.latest("pk").reasons)
"""


def latest(demo: ServedSite, title: str) -> str:
    return demo.run_code(LATEST.format(title=title))


def sign_in_again(page: Page, demo: ServedSite) -> None:
    """Fill in the dialog that stands over the text."""
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Username").fill("admin")
    dialog.get_by_label("Password").fill(demo.password)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)


def press(page: Page, name: str) -> None:
    """Press a button, whatever stands over it by then."""
    page.get_by_role("button", name=name).evaluate("button => button.click()")


def refuse_forms(route: Route) -> None:
    """Answer each form as a server in front does that can't reach the site."""
    if route.request.method == "POST":
        route.fulfill(status=502, body="Bad gateway", content_type="text/plain")
    else:
        route.continue_()


def hold_forms(route: Route, held: list[Route]) -> None:
    if route.request.method == "POST":
        held.append(route)
    else:
        route.continue_()


def autosaved(page: Page) -> None:
    page.wait_for_url("**/edit/")


def open_draft(admin: Page, demo: ServedSite, title: str) -> str:
    """Begin a post, wait until autosave has all of it, and return its address in the admin."""
    start_post(admin, demo, title)
    paste(admin, "<p>First words.</p>")
    autosaved(admin)
    code = DRAFT.format(pk=re.findall(r"\d+", admin.url)[-1])
    wait_until(lambda: demo.run_code(code) == f"{title} True\n")
    return admin.url


def test_autosave_goes_on_after_signing_in_over_the_text(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Signed out while writing")
    admin.context.clear_cookies()
    # Not by `fill`: no key reaches the field if the dialog is there first
    admin.locator(INTRODUCTION).evaluate(DICTATE, "Words after the session had ended")
    sign_in_again(admin, demo)
    expect(admin.locator(INTRODUCTION)).to_have_value("Words after the session had ended")
    wait_until(lambda: "session had ended" in latest(demo, "Signed out while writing"))


def test_save_goes_on_after_signing_in_over_the_text(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}/admin/settings/business/businesssettings/1/")
    field = admin.get_by_label("You answer within")
    field.fill("one working day, signed out")
    admin.context.clear_cookies()
    press(admin, "Save")
    sign_in_again(admin, demo)
    expect(admin.locator(".messages")).to_contain_text("updated")
    expect(field).to_have_value("one working day, signed out")


def test_signing_in_in_another_tab_lets_the_first_one_go_on(admin: Page, demo: ServedSite) -> None:
    url = open_draft(admin, demo, "Signed in elsewhere")
    admin.context.clear_cookies()
    other = admin.context.new_page()
    sign_in(other, demo)
    expect(admin.get_by_role("dialog", name="Sign in to go on")).to_have_count(0)
    admin.locator(INTRODUCTION).fill("Typed with a stale token")
    press(admin, "Save draft")
    expect(admin.locator(".messages")).to_contain_text("updated")
    other.goto(url)
    expect(other.locator(INTRODUCTION)).to_have_value("Typed with a stale token")


def test_last_words_before_the_tab_was_closed_are_offered_again(
    admin: Page, demo: ServedSite
) -> None:
    url = open_draft(admin, demo, "Closed at once")
    admin.route("**/edit/", lambda route: route.abort())  # autosave comes too late
    admin.locator(".public-DraftEditor-content").first.click()
    admin.keyboard.press("Control+End")
    admin.keyboard.type(" Last words.")
    kept = "Object.keys(localStorage).some(key => localStorage[key].includes('Last words'))"
    wait_until(lambda: admin.evaluate(kept))
    context: BrowserContext = admin.context
    admin.close()
    page = context.new_page()
    page.goto(url)
    expect(page.locator(".unsaved")).to_contain_text("was not saved")
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator(".public-DraftEditor-content").first).to_contain_text("Last words.")
    expect(page.locator(".unsaved")).to_have_count(0)
    assert "Last words." in latest(demo, "Closed at once")


def test_words_that_failed_to_be_saved_outlive_the_saving_of_others(
    admin: Page, demo: ServedSite
) -> None:
    url = open_draft(admin, demo, "Not taken by the server")

    admin.route("**/edit/", refuse_forms)
    admin.locator(INTRODUCTION).fill("Words that nobody has")
    press(admin, "Save draft")
    expect(admin.locator("body")).to_have_text("Bad gateway")
    admin.goto(f"{demo.url}/admin/settings/business/businesssettings/1/")
    field = admin.get_by_label("You answer within")
    field.fill("two working days")
    press(admin, "Save")
    expect(admin.locator(".messages")).to_contain_text("updated")
    admin.goto(url)
    expect(admin.locator(".unsaved")).to_contain_text("was not saved")
    admin.get_by_role("button", name="Bring it back").click()  # it fails again
    expect(admin.locator("body")).to_have_text("Bad gateway")
    admin.unroute("**/edit/")
    admin.goto(url)
    admin.get_by_role("button", name="Bring it back").click()
    expect(admin.locator(INTRODUCTION)).to_have_value("Words that nobody has")
    expect(admin.locator(".unsaved")).to_have_count(0)
    assert "Words that nobody has" in latest(demo, "Not taken by the server")
    admin.goto(url)
    expect(admin.locator(INTRODUCTION)).to_have_value("Words that nobody has")
    expect(admin.locator(".unsaved")).to_have_count(0)


def test_words_pasted_right_before_saving_are_saved(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Saved at once")
    editor = admin.locator(".public-DraftEditor-content").first
    editor.click()
    admin.keyboard.press("Control+End")
    with admin.expect_navigation():
        editor.evaluate(PASTE_AND_SAVE, "<p>Pasted at the last moment.</p>")
    expect(editor).to_contain_text("at the last moment")
    assert "at the last moment" in latest(demo, "Saved at once")


def test_signing_out_leaves_nothing_of_a_draft(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Signed out on purpose")
    admin.evaluate('localStorage.setItem(\'unsaved 1 /x/ y\', \'{"at": 9e15, "fields": "[]"}\')')
    admin.evaluate("document.querySelector('form[action$=\"/logout/\"]').requestSubmit()")
    admin.wait_for_url("**/login/**")
    keys = admin.evaluate("Object.keys(localStorage).filter(key => key.startsWith('unsaved'))")
    assert keys == []


def test_signing_out_right_after_a_key_leaves_nothing_of_a_draft(
    admin: Page, demo: ServedSite
) -> None:
    open_draft(admin, demo, "Signed out while typing")
    admin.evaluate(
        """() => {
            const field = document.querySelector("#id_introduction");
            field.value = "A secret";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            document.querySelector("form[action$='/logout/']").requestSubmit();
        }"""
    )
    admin.wait_for_url("**/login/**")
    assert "A secret" not in admin.evaluate("JSON.stringify(localStorage)")


def test_a_title_used_before_stops_nobody(admin: Page, demo: ServedSite) -> None:
    for number in ("", "-2"):
        open_draft(admin, demo, "Twice the same")
        expect(admin.locator("#id_slug")).to_have_value(f"twice-the-same{number}")
        publish(admin)
        expect(admin.locator(".messages")).to_contain_text("published")


def test_the_address_follows_a_title_typed_during_an_autosave(
    admin: Page, demo: ServedSite
) -> None:
    held: list[Route] = []
    admin.route(
        re.compile(r"/admin/pages/add/blog/blogpostpage/\d+/$"),
        lambda route: hold_forms(route, held),
    )
    start_post(admin, demo, "Half")
    paste(admin, "<p>First words.</p>")
    wait_until(lambda: admin.evaluate("1") and held)  # the evaluation lets routes come through
    title = admin.locator("#id_title")
    title.press("End")
    title.press_sequentially(" a title")
    title.press("Tab")
    for route in held:
        route.continue_()
    autosaved(admin)
    expect(admin.locator("#id_slug")).to_have_value("half-a-title")


def test_autosave_rests_when_nothing_is_typed(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Looked at for an hour")
    assert admin.evaluate(ONCE_SAVED, ["The last words", None]) == 0


def test_words_typed_as_an_autosave_ends_are_saved_too(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Typed in between")
    assert admin.evaluate(ONCE_SAVED, ["First words", "First words and the last"]) == 1
    wait_until(lambda: "and the last" in latest(demo, "Typed in between"))


def test_a_scheduled_post_takes_what_is_typed(admin: Page, demo: ServedSite) -> None:
    url = open_draft(admin, demo, "Planned and changed")
    admin.get_by_role("button", name="Toggle status").click()
    admin.get_by_role("button", name="Set schedule").click()
    dialog = admin.get_by_role("dialog", name="Set publishing schedule")
    field = dialog.get_by_label("Go live date/time")
    field.press_sequentially("2030-11-27 9am")
    field.press("Tab")  # into the next field, with a calendar of its own
    expect(field).to_have_value("2030-11-27 9am")
    dialog.get_by_role("button", name="Save schedule").click()  # nothing covers it
    expect(admin.locator(".messages")).to_contain_text("updated")
    publish(admin)
    expect(admin.locator(".messages")).to_contain_text("scheduled for publishing")
    admin.goto(url)
    expect(admin.locator(".messages")).to_contain_text("27 November 2030, 09:00")
    admin.locator(INTRODUCTION).fill("Changed after it was planned")
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.locator(".messages")).to_contain_text("This version is scheduled")
    assert "Changed after it was planned" in latest(demo, "Planned and changed")


def test_a_second_button_pressed_at_once_makes_no_second_post(
    admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "Pressed twice")
    admin.evaluate(
        """() => {
            document.querySelector("form[data-edit-form] .action-save").click();
            addEventListener("submit", (event) => setTimeout(() => {
              document.querySelector("button[name=action-publish]").click();
            }), { once: true });
        }"""
    )
    expect(admin.locator(".messages")).to_contain_text("Pressed twice")
    assert demo.run_code(COUNT.format(title="Pressed twice")).split() == ["1", "False"]


def test_a_date_that_cannot_be_read_is_never_now(admin: Page, demo: ServedSite) -> None:
    open_draft(admin, demo, "Some day")
    admin.get_by_role("button", name="Toggle status").click()
    admin.get_by_role("button", name="Set schedule").click()
    dialog = admin.get_by_role("dialog", name="Set publishing schedule")
    field = dialog.get_by_label("Go live date/time")
    field.press_sequentially("next Friday")
    field.press("Tab")
    dialog.get_by_role("button", name="Save schedule").click()
    expect(admin.get_by_text("Enter a date and a time").first).to_be_attached()
    expect(admin.locator("#id_go_live_at")).to_have_value("next Friday")
    assert latest(demo, "Some day").strip().endswith("None")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_slash_menu_is_whole_wherever_it_opens(
    admin: Page, demo: ServedSite, width: int
) -> None:
    admin.set_viewport_size({"width": width, "height": 800})
    start_post(admin, demo, f"Slash at {width}")
    paste(admin, "<p>One.</p>" * 12)
    editor = admin.locator(".public-DraftEditor-content").first
    for keys in ("Control+Home", "Control+End"):
        editor.click()
        admin.keyboard.press(keys)
        admin.keyboard.press("End")
        admin.keyboard.type(" /")
        menu = admin.get_by_role("listbox").last
        expect(menu).to_be_visible()
        box = menu.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 800
        corners = """menu => {
            const { left, right, top, bottom } = menu.getBoundingClientRect();
            return [[left + 12, top + 12], [right - 20, top + 12], [left + 12, bottom - 12],
                    [right - 20, bottom - 12]]
                .every(([x, y]) => menu.contains(document.elementFromPoint(x, y)));
        }"""
        assert menu.evaluate(corners)
        expect(menu).not_to_contain_text("Heading 1")
        expect(menu).not_to_contain_text("Heading 4")
        admin.keyboard.press("Escape")
        expect(admin.locator(".w-combobox__menu")).to_have_count(0)
        admin.keyboard.press("Backspace")


def test_opening_hours_are_kept_as_they_are_typed(admin: Page, demo: ServedSite) -> None:
    address = f"{demo.url}/admin/settings/business/businesssettings/1/"
    admin.goto(address)
    field = admin.locator("input[name$=-value-closes]").first
    field.fill("")
    field.press_sequentially("1pm")
    field.press("Tab")
    expect(field).to_have_value("1pm")
    press(admin, "Save")
    expect(admin.locator(".messages")).to_contain_text("updated")
    expect(field).to_have_value("1pm")
    field.fill("5pm")
    press(admin, "Save")
    expect(admin.locator(".messages")).to_contain_text("updated")


def test_several_images_are_kept_when_the_page_is_left(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}/admin/images/multiple/add/")
    files = [
        {"name": name, "mimeType": "image/jpeg", "buffer": picture_bytes((640, 480 + number))}
        for number, name in enumerate(("kept-one.jpg", "kept-two.jpg", "kept-three.jpg"))
    ]
    admin.locator("input[type=file][multiple]").set_input_files(files)
    wait_until(lambda: demo.run_code(KEPT_IMAGES).split() == ["3"])
    admin.goto(f"{demo.url}/admin/")
    expect(admin.get_by_text("3 images without alt text")).to_be_visible()
    admin.goto(f"{demo.url}/admin/images/")  # the newest first
    for name in ("kept-one", "kept-two", "kept-three"):
        expect(admin.get_by_text(name).first).to_be_visible()


def test_who_sends_before_the_script_has_come_is_not_one_without_javascript(
    visit: Callable[..., Page], demo: ServedSite
) -> None:
    page = visit("/contact/")
    waiting: list[object] = []
    page.route("**/js/form*.js", lambda route: waiting.append(route))
    page.fill("#enquiry-name", "Hannah in a hurry")
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you take over my diary from March on?")
    wait_until(lambda: page.evaluate("true") and len(waiting) == 2)
    page.press("#enquiry-email", "Enter")
    page.press("#enquiry-email", "Enter")  # and again
    for route in waiting:
        route.continue_()
    page.wait_for_url("**/contact/thank-you/")
    assert "JavaScript" not in demo.run_code(LAST_REASONS)


def send_in_vain(visit: Callable[..., Page], name: str) -> Page:
    """Fill in the form for enquiries and send it to a site that is away."""
    page = visit("/contact/")
    page.locator("#enquiry-name").focus()
    page.fill("#enquiry-name", name)
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you take over my diary from March on?")
    expect(page.locator("#enquiry-draft")).to_be_visible()
    page.route("**/contact/", refuse_forms)
    page.click("#enquiry button[type=submit]")
    expect(page.locator("body")).to_have_text("Bad gateway")
    return page


def test_a_draft_is_kept_until_the_server_has_taken_it(visit: Callable[..., Page]) -> None:
    page = send_in_vain(visit, "Hannah and the full disk")
    page.unroute("**/contact/")
    page.goto(page.url)
    page.locator("#enquiry-name").focus()
    expect(page.locator(".draft")).to_contain_text("is back")
    expect(page.locator("#enquiry-message")).to_have_value(re.compile("my diary"))
    page.get_by_role("button", name="Clear it").click()
    expect(page.locator("#enquiry-message")).to_have_value("")
    assert page.evaluate("localStorage.length") == 0


def test_what_was_not_received_is_kept_when_another_form_is(visit: Callable[..., Page]) -> None:
    page = send_in_vain(visit, "Hannah in a tunnel")
    page.goto(page.url.replace("/contact/", "/newsletter/"))
    page.fill("#subscribe-email", "hannah@example.com")
    page.click("#subscribe button[type=submit]")
    page.wait_for_url("**/newsletter/thank-you/")
    page.goto(page.url.replace("/newsletter/thank-you/", "/contact/"))
    page.locator("#enquiry-name").focus()
    expect(page.locator("#enquiry-message")).to_have_value(re.compile("my diary"))


def test_a_draft_of_yesterday_is_shown_to_nobody(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.evaluate(
        """localStorage.setItem("draft enquiry /contact/", JSON.stringify({
            at: Date.now() - 25 * 3600_000, fields: { message: "Of yesterday" } }))"""
    )
    page.locator("#enquiry-name").focus()
    wait_until(lambda: page.evaluate("localStorage.length === 0"))
    expect(page.locator("#enquiry-message")).to_have_value("")


def test_a_draft_that_is_only_looked_at_grows_no_younger(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    planted = page.evaluate(
        """() => localStorage["draft enquiry /contact/"] = JSON.stringify({
            at: Date.now() - 23 * 3600_000, sentAt: 1, fields: { message: "Of the day" } })"""
    )
    page.locator("#enquiry-name").focus()
    expect(page.locator("#enquiry-message")).to_have_value("Of the day")
    expect(page.locator("#enquiry")).to_contain_text("nobody may have received it")
    assert page.evaluate('localStorage["draft enquiry /contact/"]') == planted


LOCK = """
from blog.models import BlogPostPage
post = BlogPostPage.objects.get(slug="locked-by-a-friend")
post.locked = True
post.save()
"""


def test_a_locked_page_takes_no_key_that_would_be_lost(admin: Page, demo: ServedSite) -> None:
    url = open_draft(admin, demo, "Locked by a friend")
    admin.goto("about:blank")  # or an autosave takes the lock away
    demo.run_code(LOCK)
    admin.goto(url)
    expect(admin.locator("[role=tabpanel][inert]").first).to_be_attached()
    admin.locator("#id_title").evaluate("field => field.focus()")
    admin.keyboard.type("Lost?")
    expect(admin.locator("#id_title")).to_have_value("Locked by a friend")
