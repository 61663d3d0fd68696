"""What a prospect and an auditor meet: focus, images, icons, search, titles, print, references."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_pages import POST, error_pages, open_each  # noqa: F401 - a fixture
from tests.served import ServedSite, copy_of, copy_of_demo_site, once, wait_until
from vasite.environment import PROJECT_DIR

pytestmark = once

PAGES = ["/", "/services/", "/services/inbox-management/", "/about/", "/blog/", POST, "/contact/"]
OTHERS = [
    "/newsletter/",
    "/privacy/",
    "/search/?q=invoice",
    "/no-such-page/",
    "/blog/category/money/",
    "/blog/2026/",
    "/search/",
    "/search/?q=qqqqqq",
    "/contact/thank-you/",
    "/newsletter/thank-you/",
    "/newsletter/confirm/nonsense/",
    "/privacy/your-data/",
    "/privacy/your-data/asked/",
]

# The contrast (WCAG 2.2, 1.4.3) of each focusable element's outline to what lies beside it
FOCUS_CONTRASTS = """async () => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const background = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255];
  };
  for (const one of document.querySelectorAll("details")) one.open = true;
  const found = [];
  for (const element of document.querySelectorAll("body *:not(main, .notice)")) {
    if (element.closest("[aria-hidden=true], .trap")) continue;
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== element) continue;
    const style = getComputedStyle(element);
    const isCard = element.closest(".card");
    const shown = isCard ? getComputedStyle(isCard) : style;
    const around = background((isCard ?? element).parentElement);
    const [one, two] = [luminance(rgba(shown.outlineColor)), luminance(around)];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const width = parseFloat(shown.outlineWidth);
    found.push([element.outerHTML.slice(0, 90), contrast, shown.outlineStyle, width]);
  }
  return found;
}"""


# The first class of whatever holds something that can have the focus
KINDS = """[...document.querySelectorAll("main *")].filter((one) => one.tabIndex >= 0)
  .flatMap((one) => [...one.parentElement?.closest("[class]")?.classList ?? []])"""


MAKE_LINKS = """
from django.core import signing
from wagtail.models import PageViewRestriction
from newsletter.models import Comment, Follow, Subscriber
from newsletter.tokens import signed_url
from vasite.content.sharing import preview_url
from vasite.home.data_requests import make_token
from vasite.home.models import HomePage, StandardPage
reader = Subscriber.objects.create(email="keys@example.com", status="confirmed")
asked = Subscriber.objects.create(email="asked@example.com")
comment = Comment.objects.filter(parent=None).first()
facts = {"email": "ann@example.com", "received_on": comment.received_on}
waiting = Comment.objects.create(page=comment.page, name="Ann", comment="Well said.", **facts)
follow = Follow.objects.create(thread=comment, email="keys@example.com")
private = HomePage.objects.get().add_child(instance=StandardPage(title="For a client"))
private.save_revision().publish()
PageViewRestriction.objects.create(page=private, restriction_type="password", password="pear")
keys = {"confirm": asked.pk, "unsubscribe": reader.pk, "preferences": reader.pk}
keys |= {"moderate": waiting.pk, "follow": follow.pk, "unfollow": follow.pk}
links = [signed_url(name, key) for name, key in keys.items()]
links += [preview_url(comment.page), private.full_url]
links += [f"http://x/privacy/your-data/{make_token('keys@example.com')}/"]
print("\\n".join(links))
"""


@pytest.fixture(scope="module")
def links(demo: ServedSite) -> list[str]:
    """The paths that emails and owners give to one person."""
    return [urlsplit(link).path for link in demo.run_code(MAKE_LINKS).split()]


MAKE_OTHER_KINDS = """
from django.utils import timezone
from contact.models import ContactPage
from newsletter.models import Campaign
from services.models import AreaPage
from vasite.content.blocks import ContentBlocks
from vasite.home.models import HomePage, StandardPage
kinds = [(name, block.meta.preview_value) for name, block in ContentBlocks().child_blocks.items()]
text = "<p><a href='https://example.com/'>Away</a></p>"
body = [one for one in kinds if one[0] not in {"text", "hint", "picture"}]
body += [("text", text), ("hint", {"text": text})]
home = HomePage.objects.get()
pages = [StandardPage(title="All blocks", body=body), AreaPage(title="In Upton", area="Upton")]
pages = [home.add_child(instance=page) for page in pages]
asked = {"label": "Which?", "hint": "", "required": False}
few, many = ([str(number) for number in range(count)] for count in (3, 9))
own = [("question", {}), ("question", {"is_long": True}), ("choice", {"options": few}),
       ("choice", {"options": many}), ("choices", {"options": few}), ("date", {}),
       ("file", {"kinds": ["pdf"]}), ("consent", {"text": text})]
contact = ContactPage.objects.get()
contact.form_fields = [*contact.form_fields.raw_data,
                       *({"type": name, "value": asked | value} for name, value in own)]
contact.save()
told = {"status": "sent", "started_at": timezone.now()}
letters = [Campaign.objects.create(subject=f"No. {one}", **told) for one in range(21)]
print(*(page.url for page in pages), letters[0].url, contact.url, "/newsletter/?page=2")
"""


@pytest.fixture(scope="module")
def other_kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The URLs of pages with all that the demo lacks."""
    folder = tmp_path_factory.mktemp("kinds")
    with ServedSite(folder, DATABASE_URL=copy_of_demo_site(folder, "vasite_kinds")) as site:
        yield [urljoin(site.url, path) for path in site.run_code(MAKE_OTHER_KINDS).split()]


def check_focus(page: Page, what: object, least: int) -> None:
    """See to it that each element with the focus shows it, in both schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = page.evaluate(FOCUS_CONTRASTS)
        assert len(found) >= least, what
        for element, contrast, style, width in found:
            assert (style, width >= 2) == ("solid", True), (what, element)
            assert contrast >= 3, (what, scheme, element, contrast)


def test_somebody_with_a_keyboard_sees_where_they_are(
    visit: Callable[..., Page], links: list[str]
) -> None:
    page = visit("/", width=1280)
    site = page.url.rstrip("/")
    for path in [*PAGES, *OTHERS, *links]:
        page.goto(f"{site}{path}")
        check_focus(page, path, least=4)


def test_somebody_with_a_keyboard_sees_where_they_are_on_pages_of_every_kind(
    browser: Browser, other_kinds: list[str]
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    kinds = set()
    for url in other_kinds:
        page.goto(url)
        check_focus(page, url, least=20)
        kinds |= set(page.evaluate(KINDS))
    assert {"video", "pagination", "choice", "hint", "field"} <= kinds
    page.close()


def test_somebody_with_a_keyboard_sees_where_they_are_when_something_went_wrong(
    visit: Callable[..., Page],
    error_pages: dict[int, str],  # noqa: F811 - the fixture
) -> None:
    page = visit("/contact/", width=1280)
    page.locator("#enquiry button[type=submit]").click()
    page.wait_for_selector(".error-summary")
    check_focus(page, "form with faults", least=4)
    for status in open_each(page, error_pages):
        check_focus(page, status, least=3)


def test_visitor_of_a_page_for_a_fault_finds_a_way_on(
    visit: Callable[..., Page],
    error_pages: dict[int, str],  # noqa: F811 - the fixture
) -> None:
    page = visit("/no-such-page/")
    for status in open_each(page, error_pages):
        expect(page.locator(".brand")).to_have_text("Black Pear Office")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("link", name="Go to the home page")).to_be_visible()
        expect(page.get_by_role("link", name="01632")).to_be_visible()
        expect(page.get_by_role("link", name="@")).to_be_visible()
        assert page.get_by_role("search").count() == (status in {404, 410}), status
        assert page.title().endswith(" – Black Pear Office"), status


def test_every_class_of_a_template_has_a_rule() -> None:
    sheets = [path.read_text() for path in (PROJECT_DIR / "static" / "css").rglob("*.css")]
    ruled = set(re.findall(r"\.([a-zA-Z][\w-]*)", "\n".join(sheets)))
    skipped = {"admin", "wagtailadmin", "wagtailcore", "mail"}
    templates = [
        path
        for path in (PROJECT_DIR / "templates").rglob("*.html")
        if not skipped & set(path.relative_to(PROJECT_DIR / "templates").parts)
    ]
    used = {
        name: path.name
        for path in templates
        for value in re.findall(r'class="([^"]*)"', path.read_text())
        for name in re.sub(r"\S*\{[{%].*?[%}]\}\S*", " ", value).split()
    }
    assert len(used) > 40
    assert {name: where for name, where in used.items() if name not in ruled} == {}


COUNT_WAITING = """
from django_tasks_db.models import DBTaskResult
from vasite.content.tasks import make_renditions
tasks = DBTaskResult.objects.filter(task_path=make_renditions.module_path)
print(tasks.filter(status__in=["READY", "RUNNING"]).count())
"""


@pytest.fixture(scope="module")
def renditions(demo: ServedSite) -> None:
    """Wait until the worker has made the files of every image, other tests' photographs too."""
    wait_until(lambda: demo.run_code(COUNT_WAITING).split()[-1] == "0", seconds=600)


MAKE_PICTURED = """
import json
from blog.models import BlogPostPage, Series
from newsletter.models import Campaign
from services.models import AreaPage
from vasite.home.models import HomePage
post = BlogPostPage.objects.exclude(picture=None).first()
post.series = Series.objects.create(name="Letting go", slug="letting-go")
post.save()
area = AreaPage(title="In Malvern", area="Malvern", picture=post.picture)
HomePage.objects.get().add_child(instance=area)
chosen = {"image": post.picture_id, "alt_text": "A desk", "decorative": False}
letter = Campaign.objects.create(
    subject="Pictures", status="sent", started_at=post.last_published_at,
    body=json.dumps([{"type": "picture", "value": {"picture": chosen, "caption": ""}}]))
print(area.url, letter.url, post.url)
"""
# `naturalWidth` is the width that the `sizes` of an image promise; `needed` the width in which its
# file is shown, as much of it as `object-fit` leaves
IMAGE_FACTS = """async () => {
  const found = [];
  for (const image of document.querySelectorAll("main img")) {
    image.loading = "eager";
    await image.decode();
    const { width, height } = image.getBoundingClientRect();
    if (!width) continue;
    const file = await createImageBitmap(await (await fetch(image.currentSrc)).blob());
    const srcset = image.parentElement.querySelector("source").srcset;
    found.push({
      source: image.currentSrc,
      promised: image.naturalWidth,
      needed: Math.max(width, height * file.width / file.height),
      file: file.width,
      widest: Math.max(...srcset.match(/\\d+(?=w)/g)),
    });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def pictured(demo: ServedSite) -> list[str]:
    """The paths of a page of each kind that shows images."""
    made = demo.run_code(MAKE_PICTURED).splitlines()[-1].split()
    made = [urlsplit(path).path for path in made]
    archives = ["category/money", "tag/holidays", "series/letting-go", "2026"]
    return [*PAGES, *made, *(f"/blog/{archive}/" for archive in archives)]


@pytest.mark.parametrize(
    ("width", "density"),
    [(360, 3), (390, 2), (640, 1), (768, 3), (1000, 1), (1280, 2), (1920, 1)],
)
def test_an_image_is_as_sharp_as_the_screen_and_no_larger(
    visit: Callable[..., Page], pictured: list[str], renditions: None, width: int, density: int
) -> None:
    page = visit("/contact/", width=width, device_scale_factor=density)
    site = page.url.removesuffix("/contact/")
    seen = 0
    for path in pictured:
        page.goto(f"{site}{path}")
        for image in page.evaluate(IMAGE_FACTS):
            seen += 1
            case = path, image
            assert 0.98 <= image["promised"] / image["needed"] <= 1.6, case
            # Chromium takes a file that is a little too small rather than one much too large
            is_sharp = image["file"] * 1.12 >= image["needed"] * density
            assert is_sharp or image["file"] == image["widest"] >= 1280, case
    assert seen > 40


def test_the_search_opens_ready_to_type_and_closes_like_a_menu(visit: Callable[..., Page]) -> None:
    page = visit("/services/inbox-management/")
    box = page.locator("details.header-search")
    summary = box.locator("summary")
    summary.focus()
    summary.press("Enter")
    expect(box.locator("input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    expect(box.locator("input")).to_be_focused()
    page.locator("main").click(position={"x": 4, "y": 500})  # beside the text
    expect(box).not_to_have_attribute("open", "")
    summary.click()
    expect(box.locator("input")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(box).not_to_have_attribute("open", "")  # and covers nothing that has the focus


def test_a_comment_stands_beside_its_picture(visit: Callable[..., Page]) -> None:
    page = visit(POST, width=320)
    comment = page.locator(".comment").first
    byline, text = (
        comment.locator(".byline").bounding_box(),
        comment.locator("> div").bounding_box(),
    )
    drawing = comment.locator("svg").bounding_box()
    beside = drawing["x"] + drawing["width"] + 0.8 * 16
    assert byline["x"] == text["x"] == pytest.approx(beside, abs=0.1)


def test_titles_say_what_happened(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.locator("#enquiry button[type=submit]").click()
    expect(page).to_have_title(re.compile("^Error: Contact"))
    assert visit("/search/?q=invoice").title().startswith("“invoice”: ")
    assert "in Worcester" in visit("/services/inbox-management/").title()


def test_a_lost_visitor_finds_a_way_on(visit: Callable[..., Page]) -> None:
    page = visit("/no-such-page/")
    expect(page.locator(".brand")).to_have_text("Black Pear Office")
    expect(page.get_by_role("link", name="01632")).to_be_visible()
    page.get_by_label("Search this site").fill("invoice")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_title(re.compile("“invoice”"))


def test_breadcrumbs_name_each_step_once(visit: Callable[..., Page]) -> None:
    for path in ("/contact/thank-you/", "/newsletter/thank-you/", "/blog/category/money/", POST):
        steps = visit(path).locator(".breadcrumbs li").all_inner_texts()
        assert len(steps) == len(set(steps)), path


def test_what_is_printed_is_what_is_read(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    page.emulate_media(media="print")
    expect(page.locator("#enquiry")).to_be_hidden()
    page.goto(page.url.replace("/contact/", POST))
    expect(page.locator(".comments form")).to_be_hidden()
    expect(page.locator(".comment").first).to_be_visible()
    expect(page.locator(".comment a[rel=nofollow]").first).to_be_hidden()
    page.goto(page.url.replace(POST, "/"))
    expect(page.locator(".card h3").first).to_be_visible()
    expect(page.locator(".card img:visible, .hero-picture img:visible")).to_have_count(0)
    ink = "e => { const s = getComputedStyle(e, '::before'); return [s.color, s.backgroundColor]; }"
    colours = page.locator(".steps li").first.evaluate(ink)
    assert colours == ["rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"]
    assert len(re.findall(rb"/Type */Page\b", page.pdf(format="A4"))) <= 4  # sheets


def test_more_contrast_is_given_to_those_who_ask(visit: Callable[..., Page]) -> None:
    def line(**options: str) -> str:
        page = visit("/", **options)
        return page.locator(".card").first.evaluate("card => getComputedStyle(card).borderColor")

    assert line() != line(contrast="more")


@pytest.mark.parametrize("path", ["/", "/services/inbox-management/", "/contact/"])
def test_prospect_on_a_phone_can_call_from_the_first_screens(
    visit: Callable[..., Page], path: str
) -> None:
    page = visit(path, width=390)
    call = page.locator("main a[href^='tel:']").first
    expect(call).to_have_attribute("href", re.compile(r"^tel:\+44\d{9,10}$"))
    assert call.bounding_box()["y"] < 2 * 844  # two screens


def test_prospect_who_has_read_the_services_is_led_on(visit: Callable[..., Page]) -> None:
    page = visit("/services/", width=1280)
    last = page.locator("main a").filter(visible=True).all()[-2:]
    hrefs = [urljoin(page.url, link.get_attribute("href")) for link in last]
    assert hrefs[0].endswith("/contact/")
    assert hrefs[1].startswith("tel:")
    for price in page.locator(".price-table td").all():
        assert price.evaluate("cell => cell.getClientRects().length") == 1
        lines = price.evaluate(
            "cell => { const range = document.createRange(); range.selectNodeContents(cell);"
            " return new Set([...range.getClientRects()].map((one) => one.top)).size; }"
        )
        assert lines == 1, price.inner_text()


def test_prospect_sees_on_the_page_about_the_owner_who_that_is(visit: Callable[..., Page]) -> None:
    page = visit("/about/", width=390)
    expect(page.locator(".author-name")).to_have_text("Eleanor Marsh")
    expect(page.locator(".author img")).to_be_visible()


def test_visitor_sees_that_a_slow_form_is_being_sent(visit: Callable[..., Page]) -> None:
    page = visit("/contact/")
    held: list[Route] = []
    page.route("**/forms/challenge/", lambda route: held.append(route))
    page.fill("#enquiry-name", "Tom")
    page.fill("#enquiry-email", "tom@example.com")
    page.fill("#enquiry-message", "Are you free in May?")
    button = page.locator("#enquiry button[type=submit]")
    button.click()
    expect(page.locator("#enquiry")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#enquiry [role=status].sending")).to_have_text("Sending …")
    expect(button).to_have_css("cursor", "progress")
    button.click()  # again, in doubt
    assert len(held) == 1
    held.pop().continue_()
    page.wait_for_url("**/thank-you/")


@pytest.mark.parametrize("path", ["/blog/category/money/", "/blog/2026/"])
def test_reader_sees_a_gap_between_an_archives_words_and_its_posts(
    visit: Callable[..., Page], path: str
) -> None:
    page = visit(path, width=1280)
    words = page.locator("main p", has=page.locator("a", has_text="All posts")).bounding_box()
    cards = page.locator(".cards").bounding_box()
    assert cards["y"] - words["y"] - words["height"] >= 16


def test_reader_of_the_blog_is_offered_its_subjects_and_the_newsletter(
    visit: Callable[..., Page],
) -> None:
    page = visit("/blog/")
    expect(page.locator(".archives a[href='/blog/category/money/']")).to_be_visible()
    expect(page.locator("form#subscribe input[type=email]")).to_be_visible()


def test_commenter_finds_the_thanks_below_the_edge_of_the_window(
    visit: Callable[..., Page],
) -> None:
    page = visit(POST)
    notice = page.locator("#comment-received")
    expect(notice).to_be_hidden()
    page.goto(f"{page.url}#comment-received")
    expect(notice).to_be_visible()
    assert notice.bounding_box()["y"] >= 8
    assert page.locator("#comments").evaluate("e => getComputedStyle(e).scrollMarginTop") != "0px"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_somebody_with_a_keyboard_goes_through_the_header_as_it_is_read(
    visit: Callable[..., Page], width: int
) -> None:
    boxes = [
        box
        for link in visit("/", width=width)
        .locator(".site-header > a, .site-header li a, .site-header summary")
        .all()
        if (box := link.bounding_box())
    ]
    middles = [(box["y"] + box["height"] / 2, box["x"]) for box in boxes]
    for before, after in pairwise(middles):
        is_next_row = after[0] > before[0] + 20
        assert is_next_row or (after[1] > before[1] and after[0] > before[0] - 20), middles


def test_reader_of_a_printed_page_sees_no_form_and_where_its_links_lead(
    visit: Callable[..., Page],
) -> None:
    page = visit("/services/inbox-management/")
    page.emulate_media(media="print")
    expect(page.locator("form:visible")).to_have_count(0)
    expect(page.get_by_text("Ask about Inbox management")).to_be_hidden()
    page.goto(page.url.replace("inbox-management/", ""))
    expect(page.locator(".faq .prose").first).to_be_visible()
    page.goto(page.url.replace("/services/", "/about/"))
    printed = "e => getComputedStyle(e, '::after').content"
    assert "/contact/" in page.locator(".call-to-action .button").first.evaluate(printed)


def test_visitor_whose_form_was_not_sent_prints_every_word_of_it(
    visit: Callable[..., Page], demo: ServedSite
) -> None:
    page = visit("/contact/")
    words = {"name": "Ann", "email": "ann@example.com", "message": "A line.\n" * 40}
    form, headers = f"{demo.url}/contact/", {"Origin": "null"}
    html = page.request.post(form, form=words, headers=headers).text()
    page.route("**/kept/", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(f"{demo.url}/kept/")
    check_focus(page, "not sent", least=4)
    page.emulate_media(media="print")
    message = page.get_by_label("Your message")
    expect(message).to_be_visible()
    assert message.evaluate("field => field.scrollHeight <= field.clientHeight")


def test_visitor_who_installs_the_site_sees_a_whole_name(
    demo: ServedSite, visit: Callable[..., Page]
) -> None:
    page = visit("/")
    manifest = page.request.get(f"{demo.url}/site.webmanifest").json()
    assert manifest["name"].startswith(manifest.get("short_name", manifest["name"]))
    assert manifest.get("short_name") != "Black Pear O"
    assert page.locator("meta[name=theme-color]").count() == 2
    first_icon = page.locator("link[rel~=icon]").first
    assert first_icon.get_attribute("href") == "/favicon.ico"  # which search engines can take


# Templates of addresses, forms' targets, and what only a person follows
NOT_FOLLOWED = re.compile(r"\{|[?&](?:answer|erase)=|/admin/|/comments/\d|/subscribe/$")


def references(text: str, base: str) -> set[str]:
    """Every address that a page, style sheet, feed, manifest or JSON-LD refers to."""
    text = unescape(text)  # a feed holds HTML as text
    found = re.findall(r'(?:href|src|action|poster)="([^"]+)"', text)
    for many in re.findall(r'="((?:https?:/)?/[^"]+)"', text):  # of `srcset`, `data-script`
        found += [one for one in many.split() if one.startswith(("http", "/"))]
    found += re.findall(r'url\("?([^")]+)"?\)', text)
    found += re.findall(r'"(?:url|image|logo|src|contentUrl)": ?"([^"]+)"', text)
    for many in re.findall(r'"image": ?\[([^\]]+)\]', text):
        found += [one for one in json.loads(f"[{many}]") if isinstance(one, str)]
    found += re.findall(r"<(?:loc|image:loc|id)>([^<]+)<", text)
    whole = {urldefrag(urljoin(base, unescape(one)))[0] for one in found}
    return {one for one in whole if one.startswith(("http://", "https://"))}


def crawl(site: ServedSite, browser: Browser, needed: str = "/") -> dict[str, int]:
    """Request all that can be reached on the site; return each address that was not a 200."""
    context = browser.new_context()
    due, seen, broken = {f"{site.url}/", f"{site.url}/sitemap.xml"}, set(), {}
    while due:
        address = due.pop()
        seen.add(address)
        if NOT_FOLLOWED.search(address):
            continue
        answer = context.request.get(address, max_redirects=0)
        if answer.status != 200:
            broken[address] = answer.status
        kind = answer.headers.get("content-type", "")
        if kind.startswith(("text/html", "text/css", "application/")) and "pdf" not in kind:
            found = references(answer.text(), address)
            due |= {one for one in found if one.startswith(site.url)} - seen
    context.close()
    assert len(seen) > 100
    assert f"{site.url}{needed}" in seen
    return broken


PUBLISH_WITH_A_NEW_PICTURE = """
from io import BytesIO
from django.core.files.images import ImageFile
from PIL import Image
from blog.models import BlogIndexPage, BlogPostPage
from vasite.content.models import SiteImage
drawn = BytesIO()
Image.new("RGB", (1600, 1000), "#2f5d50").save(drawn, "JPEG")
image = SiteImage.objects.create(title="New", file=ImageFile(drawn, name="new.jpg"))
post = BlogPostPage(title="Just out", picture=image, live=False)
BlogIndexPage.objects.get().add_child(instance=post).save_revision().publish()
"""


def test_nothing_that_the_site_refers_to_is_missing_at_its_first_start_or_after_publishing(
    tmp_path: Path, browser: Browser
) -> None:
    """On a database that is migrated; the worker has drawn little when the first crawl begins."""
    database = copy_of("migrated", tmp_path, "vasite_crawl")
    with ServedSite(tmp_path, DATABASE_URL=database) as site:
        assert crawl(site, browser) == {}
        site.run_code(PUBLISH_WITH_A_NEW_PICTURE)
        assert crawl(site, browser, needed="/blog/just-out/") == {}


def test_icons_stand_where_browsers_and_search_engines_look(
    demo: ServedSite, visit: Callable[..., Page]
) -> None:
    page = visit("/")
    for path in ("/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"):
        answer = page.request.get(f"{demo.url}{path}", max_redirects=0)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("image/")
    apple = page.request.get(f"{demo.url}/apple-touch-icon.png").body()
    assert struct.unpack(">II", apple[16:24]) == (180, 180)  # PNG's width and height
    manifest = page.request.get(f"{demo.url}/site.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} == {"any", "192x192", "512x512"}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
