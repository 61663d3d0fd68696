"""What a prospect and an auditor meet: focus, images, icons, search, titles, print, references."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urldefrag, urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import POST
from tests.served import ServedSite, once, wait_until
from vasite.environment import PROJECT_DIR

pytestmark = once

PAGES = ["/", "/services/", "/services/inbox-management/", "/about/", "/blog/", POST, "/contact/"]
OTHERS = [
    "/newsletter/",
    "/privacy/",
    "/search/?q=invoice",
    "/no-such-page/",
    "/blog/category/money/",
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
  const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const element of document.querySelectorAll(focusable)) {
    if (element.closest("[aria-hidden=true], .trap")) continue;
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== element) continue;
    const style = getComputedStyle(element);
    const isCard = element.closest(".card");
    const shown = isCard ? getComputedStyle(isCard) : style;
    const around = background((isCard ?? element).parentElement);
    const [one, two] = [luminance(rgba(shown.outlineColor)), luminance(around)].sort();
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const width = parseFloat(shown.outlineWidth);
    found.push([element.outerHTML.slice(0, 90), contrast, shown.outlineStyle, width]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_somebody_with_a_keyboard_sees_where_they_are(
    visit: Callable[..., Page], path: str, scheme: str
) -> None:
    page = visit(path, width=1280, color_scheme=scheme)
    found = page.evaluate(FOCUS_CONTRASTS)
    assert len(found) > 3
    for element, contrast, style, width in found:
        assert (style, width >= 2) == ("solid", True), element
        assert contrast >= 3, (element, contrast)


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


@pytest.mark.parametrize("density", [1, 2, 3])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_an_image_is_as_sharp_as_the_screen(
    visit: Callable[..., Page], renditions: None, width: int, density: int
) -> None:
    for path in ("/", "/contact/", "/blog/", POST, "/about/", "/services/"):
        page = visit(path, width=width, device_scale_factor=density)
        for image in page.locator("main img").all():
            image.scroll_into_view_if_needed()
            expect(image).to_have_js_property("complete", True)
            facts = image.evaluate(
                """async (image) => {
                  await image.decode();
                  const answer = await fetch(image.currentSrc);
                  const file = await createImageBitmap(await answer.blob());
                  const box = image.getBoundingClientRect();
                  return [image.currentSrc, file.width, file.height, box.width, box.height];
                }"""
            )
            source, file_width, file_height, shown_width, shown_height = facts
            # `object-fit: cover` shows the file so large that it covers the box
            scale = max(shown_width / file_width, shown_height / file_height) * density
            most = 1600 / file_width  # the demo's originals are no wider
            assert scale <= 1.12 or most <= 1, (path, source, round(scale, 2))


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


def test_more_contrast_is_given_to_those_who_ask(visit: Callable[..., Page]) -> None:
    def line(**options: str) -> str:
        page = visit("/", **options)
        return page.locator(".card").first.evaluate("card => getComputedStyle(card).borderColor")

    assert line() != line(contrast="more")


# Templates of addresses, forms' targets, and what only a person follows
NOT_FOLLOWED = re.compile(r"\{|[?&](?:answer|erase)=|/admin/|/comments/\d|/subscribe/$")


def references(text: str, base: str) -> set[str]:
    """Every address that a page, style sheet, feed, manifest or JSON-LD refers to."""
    found = re.findall(r'(?:href|src|action|poster)="([^"]+)"', text)
    found += re.findall(r'content="((?:https?:|/)[^"]+)"', text)
    for srcset in re.findall(r'srcset="([^"]+)"', text):
        found += [part.split()[0] for part in srcset.split(",")]
    found += re.findall(r'url\("?([^")]+)"?\)', text)
    found += re.findall(r'"(?:url|image|logo|src|contentUrl)": ?"([^"]+)"', text)
    for many in re.findall(r'"image": ?\[([^\]]+)\]', text):
        found += [one for one in json.loads(f"[{many}]") if isinstance(one, str)]
    found += re.findall(r"<(?:loc|image:loc|id)>([^<]+)<", text)
    whole = {urldefrag(urljoin(base, unescape(one)))[0] for one in found}
    return {one for one in whole if one.startswith(("http://", "https://"))}


def crawl(site: ServedSite, browser: Browser, start: str = "/") -> dict[str, int]:
    """Request all that can be reached on the site; return each address that was not a 200."""
    context = browser.new_context()
    due, seen, broken = {f"{site.url}{start}", f"{site.url}/sitemap.xml"}, set(), {}
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
    return broken


def test_nothing_that_the_site_refers_to_is_missing(demo: ServedSite, browser: Browser) -> None:
    assert crawl(demo, browser) == {}


def test_nothing_is_missing_a_moment_after_publishing(
    demo: ServedSite, browser: Browser, visit: Callable[..., Page]
) -> None:
    demo.run_code(
        "from blog.models import BlogIndexPage, BlogPostPage\n"
        "blog = BlogIndexPage.objects.get()\n"
        "post = blog.add_child(instance=BlogPostPage(title='Just out', live=False))\n"
        "post.save_revision().publish()\n"
    )
    page = visit("/blog/just-out/")
    for address in references(page.content(), demo.url):
        if address.startswith(demo.url) and not NOT_FOLLOWED.search(address):
            assert page.request.get(address, max_redirects=0).status == 200, address


def test_icons_stand_where_browsers_and_search_engines_look(
    demo: ServedSite, visit: Callable[..., Page]
) -> None:
    page = visit("/")
    for path in ("/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"):
        answer = page.request.get(f"{demo.url}{path}", max_redirects=0)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("image/")
    manifest = page.request.get(f"{demo.url}/site.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} == {"any", "192x192", "512x512"}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
