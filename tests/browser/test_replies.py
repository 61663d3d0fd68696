"""Replies to enquiries and comments, typed in a hurry: every word is there again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import needs_axe, violations
from tests.newsletter.list_server import OK, ListServer, running
from tests.served import ServedSite, locked, once, wait_until

pytestmark = once

WRITE = """
import json
from blog.models import BlogPostPage
from contact.models import Enquiry, SavedReply
from newsletter.models import Comment
SavedReply.objects.get_or_create(title="Prices", text="Dear {name}, my prices are these.")
enquiry = Enquiry(name="Hannah Cole", email="hannah@example.com", message="Could you help? NUMBER")
enquiry.set_content("NUMBER")
enquiry.save()
comment = Comment(page=BlogPostPage.objects.live().first(), name="Tom NUMBER",
                  email="tom@example.com", comment="Nice. NUMBER")
comment.set_content("NUMBER")
comment.save()
print(json.dumps({"enquiry": enquiry.pk, "comment": comment.pk}))
"""
COLLEAGUE = """
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser("colleague", "c@example.com", "a colleague’s own")
"""
DELIVER = """
from django.conf import settings
from vasite.mail.models import OutgoingMail
from vasite.mail.tasks import deliver
settings.MAIL_TRANSPORT = {}
mail = OutgoingMail.objects.filter(subject__startswith="Re:").latest("pk")
mail.attempts = 1
deliver(mail)
"""
WORDS = "Gladly, Hannah. I have time on Tuesday at ten"


@pytest.fixture
def keys(demo: ServedSite, request: pytest.FixtureRequest) -> dict[str, int]:
    output = demo.run_code(WRITE.replace("NUMBER", request.node.name.replace('"', "")[:60]))
    return json.loads(output.splitlines()[-1])


@pytest.fixture
def at_enquiry(admin: Page, demo: ServedSite, keys: dict[str, int]) -> Page:
    admin.goto(f"{demo.url}/admin/enquiries/edit/{keys['enquiry']}/")
    return admin


@pytest.fixture
def plain(browser: Browser, admin: Page) -> Iterator[Page]:
    """The same person's browser, with JavaScript switched off."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.add_cookies(admin.context.cookies())
    yield context.new_page()
    context.close()


def reply_field(page: Page):
    return page.get_by_role("textbox", name="Your reply")


def leave(page: Page, path: str) -> None:
    """Go elsewhere, whatever the browser asks."""
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(page.url.split("/admin/")[0] + path)


def test_the_big_save_keeps_the_reply_and_the_note(at_enquiry: Page) -> None:
    reply_field(at_enquiry).fill(WORDS)
    at_enquiry.get_by_role("textbox", name="Private note").fill("Ring her husband")
    at_enquiry.get_by_role("combobox", name="State").select_option("waiting")
    at_enquiry.get_by_role("button", name="Save without sending").last.click()
    expect(at_enquiry.get_by_text("it has not been sent").first).to_be_visible()
    expect(reply_field(at_enquiry)).to_have_value(WORDS)
    expect(at_enquiry.locator(".desk-events")).to_contain_text("Ring her husband")
    expect(at_enquiry.get_by_role("combobox", name="State")).to_have_value("waiting")
    at_enquiry.get_by_role("button", name="Send reply").click()
    expect(at_enquiry.locator(".desk-events")).to_contain_text(WORDS)
    expect(at_enquiry.locator(".desk-events")).to_contain_text("email isn’t connected yet")
    expect(reply_field(at_enquiry)).to_have_value("")
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value("")


def test_a_reply_is_called_sent_once_a_mail_server_took_it(
    at_enquiry: Page, demo: ServedSite
) -> None:
    reply_field(at_enquiry).fill(WORDS)
    at_enquiry.get_by_role("button", name="Send reply").click()
    expect(at_enquiry.locator(".messages")).to_contain_text("email isn’t connected yet")
    done = at_enquiry.locator(".desk-events")
    expect(done).to_contain_text("Waiting – email isn’t connected yet")
    with running(ListServer()) as server:
        for answer, words in (("451 4.2.1 Come back later", "Waiting"), (OK, "Sent on")):
            expect(done).not_to_contain_text("Sent on")
            server.answers["RCPT"] = answer
            demo.run_code(DELIVER.format(server.transport))
            at_enquiry.reload()
            expect(done).to_contain_text(words)
    expect(done).to_contain_text(WORDS)


def test_what_was_sent_or_saved_is_not_offered_again(at_enquiry: Page, demo: ServedSite) -> None:
    stored = "Object.keys(localStorage).filter(key => key.startsWith('unsaved')).length"
    reply_field(at_enquiry).fill(WORDS)
    at_enquiry.get_by_role("textbox", name="Private note").fill("Ring her husband")
    wait_until(lambda: at_enquiry.evaluate(stored) == 1)
    at_enquiry.get_by_role("button", name="Send reply").click()
    expect(at_enquiry.locator(".messages .success, .messages .warning")).to_be_visible()
    expect(at_enquiry.locator(".unsaved")).to_have_count(0)
    at_enquiry.reload()
    expect(at_enquiry.locator(".unsaved")).to_have_count(0)
    at_enquiry.goto(f"{demo.url}/admin/settings/business/businesssettings/1/")
    at_enquiry.get_by_label("You answer within").fill("three working days")
    wait_until(lambda: at_enquiry.evaluate(stored) == 1)
    at_enquiry.get_by_role("button", name="Save").click()
    expect(at_enquiry.locator(".messages .success")).to_be_visible()
    wait_until(lambda: at_enquiry.evaluate(stored) == 0)


def test_words_typed_while_a_reply_is_being_sent_are_there_again(
    at_enquiry: Page, demo: ServedSite
) -> None:
    field = reply_field(at_enquiry)
    field.fill(WORDS)
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    with locked(demo):
        with at_enquiry.expect_request(lambda one: one.is_navigation_request()):
            at_enquiry.get_by_role("button", name="Send reply").evaluate("one => one.click()")
        at_enquiry.keyboard.type(" or eleven")
    expect(at_enquiry.locator(".desk-events")).to_contain_text(WORDS)
    expect(at_enquiry.locator(".desk-events")).not_to_contain_text("eleven")
    expect(field).to_have_value(f"{WORDS} or eleven")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()


@pytest.mark.parametrize("is_calendar_open", [True, False])
def test_enter_in_the_date_never_sends_the_reply(at_enquiry: Page, is_calendar_open: bool) -> None:
    reply_field(at_enquiry).fill(WORDS)
    date = at_enquiry.get_by_role("textbox", name="Remind me on")
    calendars = at_enquiry.locator(".xdsoft_datetimepicker").filter(visible=True)
    date.focus()
    expect(calendars).to_have_count(1)
    if not is_calendar_open:
        date.press("Escape")
        expect(calendars).to_have_count(0)
    at_enquiry.keyboard.press("Enter")
    at_enquiry.keyboard.press("Enter")
    at_enquiry.keyboard.press("Control+s")
    at_enquiry.wait_for_load_state()
    expect(reply_field(at_enquiry)).to_have_value(WORDS)
    expect(at_enquiry.locator("#done + ol, #done + p")).not_to_contain_text(WORDS)


def test_a_reply_is_offered_again_after_leaving(at_enquiry: Page) -> None:
    url = at_enquiry.url
    reply_field(at_enquiry).press_sequentially(WORDS, delay=3)
    leave(at_enquiry, "/admin/")
    at_enquiry.goto(url)
    expect(reply_field(at_enquiry)).to_have_value(WORDS)
    leave(at_enquiry, "/admin/")
    expect(at_enquiry.get_by_text("not sent yet: Enquiries")).to_be_visible()


def test_a_reply_is_offered_again_after_a_crash_elsewhere(
    at_enquiry: Page, browser: Browser, demo: ServedSite
) -> None:
    reply_field(at_enquiry).press_sequentially(WORDS, delay=3)
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    url = at_enquiry.url
    at_enquiry.context.close()
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, demo)
    page.goto(url)
    expect(reply_field(page)).to_have_value(WORDS)
    context.close()


def test_a_reply_typed_while_signed_out_is_offered_again(
    at_enquiry: Page, demo: ServedSite
) -> None:
    url = at_enquiry.url
    reply_field(at_enquiry).fill("Gladly")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.context.clear_cookies()  # the session is over
    reply_field(at_enquiry).fill(WORDS)
    expect(at_enquiry.get_by_role("dialog", name="Sign in to go on")).to_be_visible()
    leave(at_enquiry, "/admin/login/")
    sign_in(at_enquiry, demo)
    at_enquiry.goto(url)
    expect(reply_field(at_enquiry)).to_have_value(WORDS)
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.evaluate("localStorage.clear()")
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value(WORDS)


def test_a_reply_typed_while_the_site_is_away_is_offered_again(at_enquiry: Page) -> None:
    at_enquiry.route("**/reply-drafts/**", lambda route: route.abort())
    reply_field(at_enquiry).fill(WORDS)
    expect(at_enquiry.get_by_text("the site can’t be reached")).to_be_visible()
    url = at_enquiry.url
    leave(at_enquiry, "/admin/")
    at_enquiry.unroute("**/reply-drafts/**")
    at_enquiry.goto(url)
    expect(reply_field(at_enquiry)).to_have_value(WORDS)


def test_a_draft_saved_late_does_not_bring_a_sent_reply_back(
    at_enquiry: Page, demo: ServedSite
) -> None:
    held: list[Route] = []
    at_enquiry.route("**/reply-drafts/**", lambda route: held.append(route))
    with at_enquiry.expect_request("**/reply-drafts/**"):
        reply_field(at_enquiry).fill(WORDS)
    at_enquiry.get_by_role("button", name="Send reply").click()
    expect(at_enquiry.locator(".desk-events")).to_contain_text(WORDS)
    url, data = held[0].request.url, held[0].request.post_data
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    late = at_enquiry.request.post(url, data=data, headers=form | {"Origin": demo.url})
    assert late.status == 409
    at_enquiry.unroute("**/reply-drafts/**")
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value("")


@pytest.mark.parametrize("order", [("0.1", "0.2"), ("0.2", "0.1")])
def test_words_of_two_windows_are_joined_in_any_order(
    at_enquiry: Page, order: tuple[str, str]
) -> None:
    older, newer = (at_enquiry.context.new_page() for _ in order)
    for page, key in zip((older, newer), order, strict=True):
        page.add_init_script(f"Math.random = () => {key}")  # what it keeps is found in this order
        page.route("**/reply-drafts/**", lambda route: route.abort())
    older.goto(at_enquiry.url)
    reply_field(at_enquiry).fill(WORDS)
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    newer.goto(at_enquiry.url)
    for page, typed in ((older, "Dear Hannah"), (newer, f"{WORDS}.")):
        reply_field(page).fill(typed)
        expect(page.get_by_text("the site can’t be reached")).to_be_visible()
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value(f"{WORDS}.\n\nDear Hannah")
    for page in (older, newer):
        page.unroute_all()


def test_two_windows_of_a_reply_lose_no_word(at_enquiry: Page, demo: ServedSite) -> None:
    older, newer = at_enquiry, at_enquiry.context.new_page()
    newer.goto(older.url)
    reply_field(newer).fill(WORDS)
    expect(newer.get_by_text("Draft saved.")).to_be_visible()
    reply_field(older).press_sequentially("Dear Hannah")
    expect(older.get_by_text("in another window")).to_be_visible()
    reply_field(newer).press_sequentially(".")  # what this window saves is its own alone
    newer.reload()
    expect(reply_field(newer)).to_have_value(f"{WORDS}.\n\nDear Hannah")
    older.get_by_role("button", name="Send reply").click()
    expect(older.locator(".messages")).to_contain_text("in another window")
    expect(reply_field(older)).to_have_value(f"{WORDS}.\n\nDear Hannah")
    expect(older.locator("#done + p")).to_have_text("Nothing yet.")


def test_a_reply_goes_on_after_an_answer_that_never_came(at_enquiry: Page) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the server has it
        route.abort()

    reply_field(at_enquiry).fill("Before. After.")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.route("**/reply-drafts/**", lose)
    reply_field(at_enquiry).fill("Before. Between. After.")
    expect(at_enquiry.get_by_text("the site can’t be reached")).to_be_visible()
    at_enquiry.unroute("**/reply-drafts/**")
    reply_field(at_enquiry).fill("Before. Between them. After.")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value("Before. Between them. After.")


def test_a_reply_is_shown_to_nobody_else_at_this_browser(
    at_enquiry: Page, demo: ServedSite
) -> None:
    at_enquiry.route("**/reply-drafts/**", lambda route: route.abort())
    reply_field(at_enquiry).fill(WORDS)
    expect(at_enquiry.get_by_text("the site can’t be reached")).to_be_visible()
    url = at_enquiry.url
    at_enquiry.context.clear_cookies()
    demo.run_code(COLLEAGUE)
    leave(at_enquiry, "/admin/login/")
    at_enquiry.fill("input[name=username]", "colleague")
    at_enquiry.fill("input[name=password]", "a colleague’s own")
    at_enquiry.click("button[type=submit]")
    at_enquiry.wait_for_url("**/admin/")
    at_enquiry.goto(url)
    expect(reply_field(at_enquiry)).to_have_value("")


def test_a_saved_reply_is_put_where_the_cursor_is(at_enquiry: Page) -> None:
    field = reply_field(at_enquiry)
    field.fill("Before.\n\nAfter.")
    field.evaluate("field => field.setSelectionRange(9, 9)")
    field.press("Shift")
    at_enquiry.get_by_role("button", name="Prices").click()
    expect(field).to_have_value("Before.\n\nDear Hannah, my prices are these.\n\nAfter.")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.reload()
    expect(field).to_have_value("Before.\n\nDear Hannah, my prices are these.\n\nAfter.")


def test_a_reply_changed_in_its_middle_is_not_doubled(at_enquiry: Page) -> None:
    reply_field(at_enquiry).fill("Before.\n\nAfter.")
    expect(at_enquiry.get_by_text("Draft saved.")).to_be_visible()
    at_enquiry.route("**/reply-drafts/**", lambda route: route.abort())
    reply_field(at_enquiry).fill("Before.\n\nBetween.\n\nAfter.")
    expect(at_enquiry.get_by_text("the site can’t be reached")).to_be_visible()
    at_enquiry.reload()
    expect(reply_field(at_enquiry)).to_have_value("Before.\n\nBetween.\n\nAfter.")


def test_without_javascript_every_button_keeps_the_reply(
    plain: Page, demo: ServedSite, keys: dict[str, int]
) -> None:
    url = f"{demo.url}/admin/enquiries/edit/{keys['enquiry']}/"
    plain.goto(url)
    reply_field(plain).fill("Typed first.")
    plain.get_by_role("button", name="Prices").click()
    both = "Typed first.\n\nDear Hannah, my prices are these."
    expect(reply_field(plain)).to_have_value(both)
    plain.get_by_role("button", name="Save without sending").last.click()
    plain.goto(url)
    expect(reply_field(plain)).to_have_value(both)
    plain.get_by_role("button", name="Send reply").click()
    expect(plain.locator(".desk-events")).to_contain_text("Typed first.")
    expect(reply_field(plain)).to_have_value("")


@pytest.mark.parametrize("button", ["Approve", "Spam", "Remove", "Trust Tom"])
def test_a_reply_to_a_comment_survives_every_other_button(
    admin: Page, demo: ServedSite, keys: dict[str, int], button: str
) -> None:
    admin.goto(f"{demo.url}/admin/comments/?comment={keys['comment']}")
    admin.get_by_text("Reply, trust or block").click()
    reply_field(admin).fill("Thank you, dear Tom.")
    admin.get_by_role("button", name=button).first.click()
    admin.get_by_role("link", name="Go on with it").click()
    expect(reply_field(admin)).to_have_value("Thank you, dear Tom.")
    admin.get_by_role("button", name="Publish your reply").click()
    expect(admin.get_by_text("Your reply is public").first).to_be_visible()
    expect(admin.locator("textarea[name=answer]")).to_have_value("")


def test_a_reply_to_a_comment_is_offered_again_after_leaving(
    admin: Page, demo: ServedSite, keys: dict[str, int]
) -> None:
    url = f"{demo.url}/admin/comments/?comment={keys['comment']}"
    admin.goto(url)
    admin.get_by_text("Reply, trust or block").click()
    reply_field(admin).press_sequentially("Thank you, dear Tom.", delay=3)
    leave(admin, "/admin/")
    admin.goto(url)
    expect(reply_field(admin)).to_be_visible()
    expect(reply_field(admin)).to_have_value("Thank you, dear Tom.")


def test_deleting_an_enquiry_offers_to_erase_the_person(
    at_enquiry: Page, demo: ServedSite, keys: dict[str, int], visit: Callable[..., Page]
) -> None:
    reply_field(at_enquiry).fill(WORDS)
    at_enquiry.get_by_role("button", name="Send reply").click()
    expect(at_enquiry.locator(".desk-events")).to_contain_text(WORDS)
    at_enquiry.goto(f"{demo.url}/admin/enquiries/delete/{keys['enquiry']}/")
    at_enquiry.get_by_role("link", name="Erase this person everywhere instead").click()
    expect(at_enquiry.get_by_text("Could you help?").first).to_be_visible()
    at_enquiry.get_by_role("button", name="Yes, erase everything").click()
    expect(at_enquiry.get_by_text("No waiting email goes out")).to_be_visible()
    at_enquiry.goto(f"{demo.url}/admin/outbox/")
    expect(at_enquiry.locator("main")).not_to_contain_text("hannah@example.com")


@needs_axe
@pytest.mark.parametrize("page", ["enquiry", "comment", "erase"])
def test_axe_finds_nothing_where_replies_are_written(
    admin: Page, demo: ServedSite, keys: dict[str, int], page: str
) -> None:
    paths = {
        "enquiry": f"/admin/enquiries/edit/{keys['enquiry']}/",
        "comment": f"/admin/comments/?comment={keys['comment']}",
        "erase": f"/admin/erase/contact.enquiry/{keys['enquiry']}/",
    }
    admin.goto(f"{demo.url}{paths[page]}")
    assert violations(admin, "#main") == []
