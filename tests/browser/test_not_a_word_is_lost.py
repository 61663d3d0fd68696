"""The owner types, presses what a hurried person presses, and finds every word again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_writing import PASTE, paste, publish, start_post
from tests.conftest import picture_bytes
from tests.served import ServedSite, locked, once, wait_until

pytestmark = once

INTRODUCTION = "#id_introduction"
BUSINESS = "/admin/settings/business/businesssettings/1/"
# Within one task, before any timer of the editor
PASTE_AND_SAVE = f"""(editor, html) => {{
    ({PASTE})(editor, html);
    editor.closest("form").querySelector("button.action-save").click();
}}"""
DICTATE = """(field, words) => {
    field.value = words;
    field.dispatchEvent(new Event("input", {bubbles: true}));
}"""
# Before the page that answers the form is there
SAVE_AND_DICTATE = f"""(words) => {{
    addEventListener("submit", () => setTimeout(() => {{
        ({DICTATE})(document.querySelector("#id_introduction"), words);
    }}));
    document.querySelector("form[data-edit-form] .action-save").click();
}}"""
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
IMAGE = """
from vasite.content.models import SiteImage
image = SiteImage.objects.get(title="The {name} title")
print([image.description, image.is_decorative, *sorted(image.tags.names())])
"""
SIZES = itertools.count(501)  # no two pictures the same
LAST_REASONS = """
from contact.models import Enquiry
print(Enquiry.objects.latest("pk").reasons)
"""


LAST_MESSAGE = """
from contact.models import Enquiry
print(Enquiry.objects.latest("pk").message)
"""


def as_saved(page: Page) -> str:
    """Return a page as browsers save it: its addresses whole, its scripts out of reach."""
    return page.evaluate(
        """() => {
            for (const form of document.forms) {
                if (form.hasAttribute("action")) form.setAttribute("action", form.action);
            }
            return document.documentElement.outerHTML;
        }"""
    )


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


def break_off(route: Route) -> None:
    """Let the site take each form, and break the connection before its answer is there."""
    if route.request.method == "POST":
        route.fetch(max_redirects=0)
        route.abort("connectionreset")
    else:
        route.continue_()


def hold_forms(route: Route, held: list[Route]) -> None:
    if route.request.method == "POST":
        held.append(route)
    else:
        route.continue_()


def skip_autosave(route: Route) -> None:
    if route.request.resource_type == "fetch":
        route.abort()
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


def test_the_sign_in_dialog_waits_for_the_end_of_what_is_dictated(
    admin: Page, demo: ServedSite
) -> None:
    open_draft(admin, demo, "Signed out while dictating")
    admin.clock.install()
    admin.reload()
    field = admin.locator(INTRODUCTION)
    field.focus()
    keyboard = admin.context.new_cdp_session(admin)
    dictated = {"text": "Half a sen", "selectionStart": 10, "selectionEnd": 10}
    keyboard.send("Input.imeSetComposition", dictated)
    admin.context.clear_cookies()
    with admin.expect_response(lambda response: response.status == 401):
        admin.evaluate("void fetch(location.pathname, { headers: { Accept: 'application/json' } })")
    dialog = admin.locator("dialog.sign-in")
    expect(dialog).to_be_attached()
    admin.clock.run_for(10_000)
    expect(dialog).to_be_hidden()
    keyboard.send("Input.insertText", {"text": "Half a sentence"})
    admin.clock.run_for(2_000)
    expect(dialog).to_be_visible()
    expect(field).to_have_value("Half a sentence")


def choose_link(admin: Page) -> None:
    admin.locator(".public-DraftEditor-content").first.click()
    # As late as can be: autosave would ask for the sign-in first
    admin.context.clear_cookies()
    admin.keyboard.press("Control+k")


def choose_image(admin: Page) -> None:
    admin.locator("button[title='Insert a block']").last.click()
    admin.get_by_role("option", name=re.compile("^Picture")).click()
    admin.context.clear_cookies()
    admin.get_by_role("button", name="Choose an image").last.click()


def choose_page(admin: Page) -> None:
    admin.locator("button[title='Insert a block']").last.click()
    admin.get_by_role("option", name=re.compile("^Call to action")).click()
    admin.context.clear_cookies()
    admin.get_by_role("button", name="Choose a page").last.click()


@pytest.mark.parametrize(
    ("choose", "wanted"),
    [
        pytest.param(choose_link, "Diary", id="link in a text"),
        pytest.param(choose_image, "Diary", id="image"),
        pytest.param(choose_page, "Diary", id="page"),
    ],
)
def test_a_chooser_goes_on_after_signing_in_over_it(
    admin: Page, demo: ServedSite, choose: Callable[[Page], None], wanted: str
) -> None:
    open_draft(admin, demo, f"Signed out before {choose.__name__}")
    choose(admin)
    sign_in_again(admin, demo)
    chooser = admin.locator(".modal-content")
    expect(chooser).to_be_visible()
    chooser.get_by_label("Search term").fill(wanted)
    chooser.get_by_role("link", name=wanted).first.click()
    expect(chooser).to_have_count(0)


def test_what_is_typed_after_no_link_was_chosen_is_in_the_text(
    admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "No link after all")
    editor = admin.locator(".public-DraftEditor-content").first
    editor.click()
    admin.keyboard.type("Prices")
    chooser = admin.locator(".modal-content")
    for words in (" from today", " until May"):
        admin.keyboard.press("Control+k")
        chooser.get_by_role("textbox").first.fill("prices")
        chooser.get_by_role("button", name="Close").click()
        expect(chooser).to_have_count(0)
        expect(editor).to_be_focused()
        admin.keyboard.type(words)
    expect(editor).to_have_text("Prices from today until May")


def test_save_goes_on_after_signing_in_over_the_text(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}{BUSINESS}")
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


@pytest.mark.parametrize(
    ("how", "left"),
    [
        pytest.param("paste", ["First words.", "Pasted last."], id="a paste"),
        pytest.param("Enter", ["First words.", ""], id="Enter"),
        pytest.param("x", ["First words.x"], id="one letter"),
    ],
)
def test_what_was_typed_right_before_leaving_is_offered_again(
    admin: Page, demo: ServedSite, how: str, left: list[str]
) -> None:
    url = open_draft(admin, demo, f"Left right after {how}")
    admin.route("**/edit/", skip_autosave)
    editor = admin.locator(".public-DraftEditor-content").first
    editor.click()
    admin.keyboard.press("Control+End")
    admin.on("dialog", lambda dialog: dialog.accept())
    if how == "paste":
        admin.keyboard.press("Enter")
        editor.evaluate(PASTE, "<p>Pasted last.</p>")
    else:
        admin.keyboard.press(how)
    admin.goto(f"{demo.url}/admin/")
    admin.unroute("**/edit/")
    admin.goto(url)
    admin.get_by_role("button", name="Bring it back").click()
    expect(admin.locator(".unsaved")).to_have_count(0)
    expect(editor.locator("[data-block]")).to_have_text(left)


def test_words_that_failed_to_be_saved_outlive_the_saving_of_others(
    admin: Page, demo: ServedSite
) -> None:
    url = open_draft(admin, demo, "Not taken by the server")

    admin.route("**/edit/", refuse_forms)
    admin.locator(INTRODUCTION).fill("Words that nobody has")
    press(admin, "Save draft")
    expect(admin.locator("body")).to_have_text("Bad gateway")
    admin.goto(f"{demo.url}{BUSINESS}")
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


def is_form(request: Request) -> bool:
    return request.method == "POST" and request.is_navigation_request()


def test_words_typed_while_others_are_being_saved_are_offered(
    admin: Page, demo: ServedSite
) -> None:
    admin.goto(f"{demo.url}{BUSINESS}")
    field = admin.get_by_label("You answer within")
    field.fill("one working day")
    with locked(demo):
        with admin.expect_request(is_form):
            press(admin, "Save")
        admin.keyboard.type(" or two")
    expect(admin.locator(".messages")).to_contain_text("updated")
    expect(field).to_have_value("one working day")
    admin.get_by_role("button", name="Bring it back").click()
    expect(field).to_have_value("one working day or two")
    admin.reload()
    expect(field).to_have_value("one working day or two")
    expect(admin.locator(".unsaved")).to_have_count(0)


def test_words_typed_while_a_new_post_is_being_saved_are_offered(
    admin: Page, demo: ServedSite
) -> None:
    admin.route(re.compile(r"/admin/pages/add/blog/blogpostpage/\d+/$"), skip_autosave)
    start_post(admin, demo, "Typed on")
    admin.evaluate(SAVE_AND_DICTATE, "Words that came late")
    autosaved(admin)
    expect(admin.locator(".messages")).to_contain_text("created")
    expect(admin.locator(INTRODUCTION)).to_have_value("")
    admin.get_by_role("button", name="Bring it back").click()
    expect(admin.locator(INTRODUCTION)).to_have_value("Words that came late")
    expect(admin.locator(".unsaved")).to_have_count(0)
    assert "Words that came late" in latest(demo, "Typed on")


def test_two_windows_keep_their_words_apart_and_an_offer_is_not_typed_over(
    admin: Page, demo: ServedSite
) -> None:
    other = admin.context.new_page()
    for page, words in ((admin, "within a morning"), (other, "within an afternoon")):
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{demo.url}{BUSINESS}")
        page.get_by_label("You answer within").fill(words)
    for page in (admin, other):
        page.goto(f"{demo.url}/admin/")
    admin.goto(f"{demo.url}{BUSINESS}")
    offers = admin.locator(".unsaved")
    expect(offers).to_have_count(2)
    field = admin.get_by_label("You answer within")
    field.press("End")
    field.press_sequentially("!")  # before any of them is taken
    admin.goto(f"{demo.url}/admin/")
    admin.goto(f"{demo.url}{BUSINESS}")
    expect(offers).to_have_count(3)
    offers.last.get_by_role("button", name="Bring it back").click()
    expect(admin.locator(".messages")).to_contain_text("updated")
    expect(field).to_have_value("within a morning")
    expect(offers).to_have_count(2)
    for _ in range(2):
        offers.first.get_by_role("button", name="Throw it away").click()
    admin.reload()
    expect(offers).to_have_count(0)


def test_the_words_of_one_closed_tab_do_not_go_as_those_of_another_come_back(
    admin: Page, demo: ServedSite
) -> None:
    address = f"{demo.url}/admin/testimonials/add/"
    for words in ("Words of the first tab", "Words of the second tab"):
        closed = admin.context.new_page()
        closed.on("dialog", lambda dialog: dialog.accept())
        closed.goto(address)
        closed.locator("[name=text]").fill(words)
        closed.goto(f"{demo.url}/admin/")
        closed.close()
    admin.goto(address)
    offers, field = admin.locator(".unsaved"), admin.locator("[name=text]")
    expect(offers).to_have_count(2)
    found = set()
    for _ in range(3):
        offers.last.get_by_role("button", name="Bring it back").click()
        expect(field).to_have_value(re.compile("tab"))
        found.add(field.input_value())
    assert len(found) == 2
    expect(offers).to_have_count(1)  # what stood in the field before
    offers.get_by_role("button", name="Throw it away").click()


def test_the_second_window_to_be_saved_keeps_what_the_first_one_saved(
    admin: Page, demo: ServedSite
) -> None:
    other = admin.context.new_page()
    for page in (admin, other):
        page.goto(f"{demo.url}{BUSINESS}")
    areas = admin.locator("input[name^=areas-][name$=-value]")
    areas.first.fill("Upton upon Severn")
    admin.get_by_label("You answer within").fill("one hour")
    press(admin, "Save")
    expect(admin.locator(".messages")).to_contain_text("updated")
    other.get_by_label("Strapline").fill("From the second window")
    press(other, "Save")
    expect(other.locator(".messages")).to_contain_text("updated")
    expect(other.locator("input[name^=areas-][name$=-value]").first).to_have_value(
        "Upton upon Severn"
    )
    expect(other.get_by_label("You answer within")).to_have_value("one hour")
    expect(other.get_by_label("Strapline")).to_have_value("From the second window")


def test_ticked_and_unticked_boxes_are_brought_back(admin: Page, demo: ServedSite) -> None:
    address = f"{demo.url}/admin/settings/newsletter/sendingsettings/1/"
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.goto(address)
    boxes = [admin.locator(f"input[name={name}]") for name in ("sends_posts", "counts_clicks")]
    before = [box.is_checked() for box in boxes]
    after = [not is_checked for is_checked in before]
    for box, is_checked in zip(boxes, after, strict=True):
        box.set_checked(is_checked)
    admin.goto(f"{demo.url}/admin/")
    admin.goto(address)
    assert [box.is_checked() for box in boxes] == before
    admin.get_by_role("button", name="Bring it back").click()
    assert [box.is_checked() for box in boxes] == after


def test_what_a_form_could_not_save_is_offered_until_it_is_saved(
    admin: Page, demo: ServedSite
) -> None:
    admin.on("dialog", lambda dialog: dialog.accept())
    url = open_draft(admin, demo, "Without a title")
    admin.route("**/edit/", skip_autosave)
    admin.locator("#id_title").fill("")
    admin.locator(INTRODUCTION).fill("Words beside a fault")
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.locator(".messages")).to_contain_text("could not be saved")
    expect(admin.locator(".unsaved")).to_have_count(0)  # it is on the page
    admin.keyboard.press("Tab")
    admin.goto(f"{demo.url}/admin/")
    admin.goto(url)
    expect(admin.locator(".unsaved")).to_have_count(1)
    throw_away = admin.get_by_role("button", name="Throw it away")
    for width in range(1000, 1360, 40):  # beside the panel; the time of day may be long
        admin.set_viewport_size({"width": width, "height": 900})
        throw_away.click(trial=True)  # nothing lies above it
    throw_away.click()
    admin.locator(INTRODUCTION).fill("Saved after all")
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.locator(".messages")).to_contain_text("updated")
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
    address = f"{demo.url}{BUSINESS}"
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
    undescribed = admin.get_by_text("images without alt text")  # other tests' images among them
    for name in ("kept-one", "kept-two", "kept-three"):
        expect(undescribed.get_by_role("link", name=name)).to_be_visible()
    admin.goto(f"{demo.url}/admin/images/")  # the newest first
    for name in ("kept-one", "kept-two", "kept-three"):
        expect(admin.get_by_text(name).first).to_be_visible()


def upload_several(admin: Page, demo: ServedSite, names: list[str]) -> Locator:
    """Upload images by the page for several, and return the forms that come for them."""
    admin.goto(f"{demo.url}/admin/images/multiple/add/")
    files = [
        {
            "name": f"{name}.jpg",
            "mimeType": "image/jpeg",
            "buffer": picture_bytes((600, next(SIZES))),
        }
        for name in names
    ]
    admin.locator("input[type=file][multiple]").set_input_files(files)
    forms = admin.locator("#upload-list form")
    expect(forms).to_have_count(len(names))
    return forms


def test_words_about_several_uploads_are_offered_after_the_tab_was_closed(
    admin: Page, demo: ServedSite
) -> None:
    forms = upload_several(admin, demo, ["first", "second"])
    for form, name in zip(forms.all(), ("first", "second"), strict=True):
        form.get_by_label("Title").fill(f"The {name} title")
        form.get_by_label("Alt text").fill(f"The {name} alt text")
        form.get_by_role("checkbox").check()
        tags = form.locator(".tagit-new input")
        tags.fill(f"{name} tag")
        tags.press("Enter")
        tags.press_sequentially("half")
    context = admin.context
    admin.close(run_before_unload=True)
    context.clear_cookies()
    page = context.new_page()
    sign_in(page, demo)
    for name in ("first", "second"):
        page.goto(f"{demo.url}/admin/images/multiple/add/")
        page.locator(".unsaved", has_text=name).get_by_role("link", name="Open it").click()
        page.get_by_role("button", name="Bring it back").click()
        expect(page.get_by_label("Title")).to_have_value(f"The {name} title")
        expect(page.locator(".tagit-label")).to_have_text([f'"{name} tag"', "half"])
        press(page, "Save")
        expect(page.locator(".messages")).to_contain_text("updated")
        kept = [f"The {name} alt text", True, *sorted(["half", f"{name} tag"])]
        assert demo.run_code(IMAGE.format(name=name)) == f"{kept}\n"
    page.goto(f"{demo.url}/admin/images/multiple/add/")
    expect(page.locator(".unsaved")).to_have_count(0)


def test_words_about_an_upload_are_kept_until_they_are_taken(admin: Page, demo: ServedSite) -> None:
    form = upload_several(admin, demo, ["third"])
    tags = form.locator(".tagit-new input")
    form.get_by_label("Alt text").fill("Taken at last")
    tags.fill("x" * 101)
    tags.press("Enter")
    form.get_by_role("button", name="Update").click()
    expect(form).to_contain_text("over 100 characters")
    form.get_by_label("Alt text").focus()
    admin.goto(f"{demo.url}/admin/images/multiple/add/")
    admin.get_by_role("link", name="Open it").click()
    admin.get_by_role("button", name="Throw it away").click()
    form = upload_several(admin, demo, ["fourth"])
    form.get_by_label("Alt text").fill("Taken at once")
    form.get_by_role("button", name="Update").click()
    expect(form).to_have_count(0)
    admin.reload()
    expect(admin.locator("#upload-list")).to_be_attached()
    expect(admin.locator(".unsaved")).to_have_count(0)


def is_refused(field: Locator, button: Locator, words: str) -> None:
    """Check that a button sends nothing and says why beside a field."""
    button.click()
    expect(field).to_be_focused()
    assert field.evaluate("field => field.validationMessage") == words


def test_a_chosen_image_is_not_lost_to_a_fault_beside_it(admin: Page, demo: ServedSite) -> None:
    start_post(admin, demo, "With a faulty alt text")
    choose_image(admin)
    sign_in_again(admin, demo)
    chooser = admin.locator(".modal-content")
    chooser.get_by_role("tab", name="Upload").click()
    file = {"name": "fault.jpg", "mimeType": "image/jpeg", "buffer": picture_bytes((600, 500))}
    chooser.locator("input[type=file]").set_input_files(file)
    button = chooser.get_by_role("button", name="Upload")
    alt_text, tags = chooser.get_by_label("Alt text"), chooser.locator(".tagit-new input")
    alt_text.fill("x" * 256)
    is_refused(alt_text, button, "This has 256 characters. Use at most 255.")
    alt_text.fill("Short")
    tags.fill("x" * 101)
    tags.press("Enter")
    is_refused(tags, button, "This has 101 characters. Use at most 100.")
    chooser.locator(".tagit-close").click()
    expect(chooser.locator(".tagit-choice")).to_have_count(0)
    button.click()
    expect(chooser).to_have_count(0)
    expect(admin.get_by_text("fault", exact=True)).to_be_visible()


def open_upload(admin: Page, url: str) -> Locator:
    """Open a page, and in it the form by which a new image is chosen."""
    admin.goto(url)
    button = admin.locator("[data-chooser-action-choose]").first
    button.evaluate("button => button.click()")  # in a menu, if there is an image
    chooser = admin.locator(".modal-content")
    chooser.get_by_role("tab", name="Upload").click()
    return chooser


def test_words_about_an_image_in_a_chooser_are_offered_until_it_is_taken(
    admin: Page, demo: ServedSite
) -> None:
    admin.on("dialog", lambda dialog: dialog.accept())
    url = f"{demo.url}{BUSINESS}"
    chooser = open_upload(admin, url)
    chooser.get_by_label("Alt text").fill("A florist at her counter")
    chooser = open_upload(admin, url)
    chooser.get_by_role("button", name="Bring it back").click()
    expect(chooser.get_by_label("Alt text")).to_have_value("A florist at her counter")
    file = {"name": "taken.jpg", "mimeType": "image/jpeg", "buffer": picture_bytes((600, 499))}
    chooser.locator("input[type=file]").set_input_files(file)
    chooser.get_by_role("button", name="Upload").click()
    expect(chooser).to_have_count(0)
    chooser = open_upload(admin, url)
    expect(chooser.get_by_label("Alt text")).to_be_visible()
    expect(chooser.locator(".unsaved")).to_have_count(0)


def test_a_chosen_document_is_not_lost_to_a_missing_title(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}/admin/documents/add/")
    file = {"name": "prices.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 prices"}
    admin.locator("#main input[type=file]").set_input_files(file)
    title = admin.get_by_label("Title")
    expect(title).to_have_value("prices")
    title.fill(" ")
    button = admin.locator("#main").get_by_role("button", name="Upload")
    is_refused(title, button, "Fill in this field.")
    title.fill("My prices")
    button.click()
    expect(admin.locator(".messages")).to_contain_text("My prices")


def test_how_they_agreed_is_offered_after_the_tab_was_closed(admin: Page, demo: ServedSite) -> None:
    admin.goto(f"{demo.url}/admin/subscribers/import/")
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"Email\nann@example.org\n"}
    admin.locator("input[type=file]").set_input_files(file)
    admin.get_by_role("button", name="Read it").click()
    source = "By ticking a box on my old site since 2021"
    admin.get_by_label("How they agreed").fill(source)
    address, context = admin.url, admin.context
    admin.close(run_before_unload=True)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_label("How they agreed")).to_have_value(source)


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


def send_in_vain(
    visit: Callable[..., Page], name: str, fail: Callable[[Route], None] = refuse_forms
) -> Page:
    """Fill in the form for enquiries and send it to a site that is away."""
    page = visit("/contact/")
    page.locator("#enquiry-name").focus()
    page.fill("#enquiry-name", name)
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", "Could you take over my diary from March on?")
    expect(page.locator("#enquiry-draft")).to_be_visible()
    page.route("**/contact/", fail)
    page.click("#enquiry button[type=submit]")
    expect(page.locator("#enquiry")).to_have_count(0)
    return page


@pytest.mark.parametrize("fail", [refuse_forms, break_off])
def test_a_draft_is_kept_until_the_server_has_taken_it(
    visit: Callable[..., Page], demo: ServedSite, fail: Callable[[Route], None]
) -> None:
    page = send_in_vain(visit, "Hannah and the full disk", fail)
    page.unroute("**/contact/")
    page.goto(f"{demo.url}/contact/")
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


def test_two_tabs_keep_the_words_of_both(visit: Callable[..., Page], demo: ServedSite) -> None:
    one = visit("/contact/")
    message = "#enquiry-message"
    one.fill(message, "My first question")
    expect(one.locator("#enquiry-draft")).to_be_visible()
    other = one.context.new_page()
    other.goto(one.url)
    other.locator("#enquiry-name").focus()
    expect(other.locator(message)).to_have_value("My first question")
    other.fill(message, "Another question")
    one.press(message, "End")
    one.keyboard.type(" goes on")
    page = one.context.new_page()
    one.close()
    other.close()
    page.goto(f"{demo.url}/contact/")
    for words in ("My first question goes on", "Another question"):
        page.locator("#enquiry-name").focus()
        expect(page.locator(message)).to_have_value(words)
        page.get_by_role("button", name="Clear it").click()
        page.reload()
    assert page.evaluate("localStorage.length") == 0


def test_words_typed_while_an_enquiry_is_being_sent_are_kept(
    visit: Callable[..., Page], demo: ServedSite
) -> None:
    page = visit("/contact/")
    page.locator("#enquiry-name").focus()
    page.fill("#enquiry-name", "Hannah with an afterthought")
    page.fill("#enquiry-email", "hannah@example.com")
    message = page.locator("#enquiry-message")
    message.fill("Could you take over my diary?")
    expect(page.locator("#enquiry-draft")).to_be_visible()
    with locked(demo):
        with page.expect_request(is_form):
            page.locator("#enquiry button[type=submit]").evaluate("one => one.click()")
        page.keyboard.type(" And my post?")
    page.wait_for_url("**/contact/thank-you/")
    page.goto(f"{demo.url}/contact/")
    page.locator("#enquiry-name").focus()
    expect(message).to_have_value("Could you take over my diary? And my post?")


BLOCK_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, {
        get() { throw new DOMException("blocked", "SecurityError"); },
    });
}"""


@pytest.mark.parametrize("way", ["saved", "translated"])
def test_a_form_of_a_saved_or_translated_page_loses_no_word(
    visit: Callable[..., Page], browser: Browser, demo: ServedSite, tmp_path: Path, way: str
) -> None:
    content = as_saved(visit("/contact/"))
    page = browser.new_page()
    if way == "saved":
        (tmp_path / "contact.html").write_text(content)
        page.goto(f"file://{tmp_path}/contact.html")
    else:
        page.route("http://site.translate.example/", lambda route: route.fulfill(body=content))
        page.goto("http://site.translate.example/")
    page.fill("#enquiry-name", f"Hannah, {way}")
    page.fill("#enquiry-email", "hannah@example.com")
    page.fill("#enquiry-message", f"My diary,\n{way} and typed")
    page.click("#enquiry button[type=submit]")
    expect(page.get_by_label("Your message")).to_have_value(f"My diary,\n{way} and typed")
    expect(page.get_by_label("Your name")).to_have_value(f"Hannah, {way}")
    page.get_by_role("button", name="Send it").click()
    page.wait_for_url("**/contact/thank-you/")
    assert f"{way} and typed" in demo.run_code(LAST_MESSAGE)
    page.close()


def test_a_form_helps_and_is_sent_where_storage_is_blocked(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.context.add_init_script(BLOCK_STORAGE)
    page.reload()
    page.locator("#enquiry-name").focus()
    page.fill("#enquiry-name", "Hannah in private")
    page.locator("#enquiry-email").press_sequentially("hannah@")
    page.fill("#enquiry-message", "Could you take over my diary?")
    expect(page.locator("#enquiry-email_error")).to_contain_text("Write the address in full")
    page.fill("#enquiry-email", "hannah@example.com")
    page.click("#enquiry button[type=submit]")
    page.wait_for_url("**/contact/thank-you/")


def test_a_draft_of_yesterday_is_shown_to_nobody(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.evaluate(
        """localStorage.setItem("draft enquiry /contact/ 1", JSON.stringify({
            at: Date.now() - 25 * 3600_000, fields: { message: "Of yesterday" } }))"""
    )
    page.locator("#enquiry-name").focus()
    wait_until(lambda: page.evaluate("localStorage.length === 0"))
    expect(page.locator("#enquiry-message")).to_have_value("")


def test_a_draft_that_is_only_looked_at_grows_no_younger(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    planted = page.evaluate(
        """() => localStorage["draft enquiry /contact/ 1"] = JSON.stringify({
            at: Date.now() - 23 * 3600_000, sentAt: 1, fields: { message: "Of the day" } })"""
    )
    page.locator("#enquiry-name").focus()
    expect(page.locator("#enquiry-message")).to_have_value("Of the day")
    expect(page.locator("#enquiry")).to_contain_text("nobody may have received it")
    assert page.evaluate('localStorage["draft enquiry /contact/ 1"]') == planted


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
