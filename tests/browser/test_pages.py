"""Every page and state: accessible, valid, never too wide, quiet, without cookies."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route

from tests import programs
from tests.served import ServedSite, once

pytestmark = once

MODULES = Path(__file__).parent / "node_modules"
POST = "/blog/two-weeks-away-from-a-business-of-one/"
PAGES = [
    "/",
    "/services/",
    "/services/inbox-management/",
    "/about/",
    "/blog/",
    POST,
    f"{POST}#comment-received",
    "/contact/",
    "/contact/thank-you/",
    "/newsletter/",
    "/newsletter/thank-you/",
    "/newsletter/confirm/nonsense/",
    "/privacy/",
    "/accessibility/",
    "/search/?q=invoice",
    "/search/?q=qqqqqq",
    "/no-such-page/",
]
FORMS = [
    "/contact/ enquiry",
    "/services/inbox-management/ enquiry",
    f"{POST} comment",
    "/newsletter/ subscribe",
]
# The last is off by default, but Wagtail's checks in the editor use it: what is ours must not
# show up there among the writer's own faults.
AXE_OPTIONS = """{
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: {"p-as-heading": {enabled: true}}
}"""

needs_axe = pytest.mark.skipif(
    not (MODULES / "axe-core").exists(), reason=programs.reason("axe-core")
)
HAS_VNU = (MODULES / "vnu-jar").exists()
needs_vnu = pytest.mark.skipif(
    not HAS_VNU or not shutil.which("java"),
    reason=programs.reason("Java" if HAS_VNU else "vnu-jar"),
)


ERRORS = (400, 403, 404, 405, 410, 411, 413, 422, 429, 500, 503)
PRINT_ERROR_PAGES = f"""
from vasite.serving.errors import render_error
pages = [render_error(None, status).text for status in {ERRORS}]
print("\\f".join(pages))
"""


@pytest.fixture(scope="module")
def error_pages(demo: ServedSite) -> dict[int, str]:
    """The pages for faults by their status, as the served site has them."""
    return dict(zip(ERRORS, demo.run_code(PRINT_ERROR_PAGES).split("\f"), strict=True))


def open_each(page: Page, error_pages: dict[int, str]) -> Iterator[int]:
    """Open each page for a fault by an address of its own; yield its status.

    `Page.set_content` would write into the document that is open, where scripts of the page
    before it may still arrive and not find what they belong to.
    """

    def respond(route: Route) -> None:
        status = int(route.request.url.rpartition("-")[2])
        html = error_pages[status]
        route.fulfill(status=status, content_type="text/html; charset=utf-8", body=html)

    page.route("**/error-*", respond)
    for status in error_pages:
        page.goto(urljoin(page.url, f"/error-{status}"))
        yield status


MAKE_WHAT_THE_DEMO_LACKS = """
from blog.models import BlogPostPage, Series
from services.models import AreaPage
from vasite.home.models import HomePage
series = Series.objects.create(name="Handing over", slug="handing-over")
for post in BlogPostPage.objects.all()[:3]:
    post.series = series
    post.save_revision().publish()
body = [("text", "<p>Twenty minutes from door to door, along the hills.</p>")]
words = {"title": "Virtual assistant in Malvern", "area": "Malvern", "introduction": "Near you."}
page = HomePage.objects.get().add_child(instance=AreaPage(body=body, **words))
page.save_revision().publish()
"""


@pytest.fixture(scope="module")
def addresses(demo: ServedSite) -> list[str]:
    """All that the sitemap names, a page for a place among it, and the archives they link to."""
    demo.run_code(MAKE_WHAT_THE_DEMO_LACKS)
    found = re.findall(rf"<loc>{demo.url}(.*?)</loc>", demo.get("/sitemap.xml")[1])
    archive = re.compile(r'href="(/blog/(?:category|tag|series|\d{4})/[^"]*)"')
    archives = {link for path in found for link in archive.findall(demo.get(path)[1])}
    kinds = {path.split("/")[2] for path in archives}
    assert {"category", "tag", "series", str(timezone.localdate().year)} <= kinds
    return [*found, *sorted(archives)]


def violations(page: Page, part: str = "html") -> list[str]:
    """What axe finds in a page, or in the part of it that a selector names."""
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate(f"axe.run({part!r}, {AXE_OPTIONS})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def send_empty(page: Page, form: str) -> None:
    page.locator(f"form#{form} button[type=submit]").click()
    page.wait_for_selector(".error-summary")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(visit: Callable[..., Page], path: str, scheme: str) -> None:
    assert violations(visit(path, color_scheme=scheme)) == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_for_faults(
    visit: Callable[..., Page], error_pages: dict[int, str], scheme: str
) -> None:
    page = visit("/no-such-page/", color_scheme=scheme)
    for status in open_each(page, error_pages):
        assert violations(page) == [], status
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", FORMS)
def test_axe_finds_nothing_in_a_form_with_faults(
    visit: Callable[..., Page], place: str, scheme: str
) -> None:
    path, form = place.split()
    page = visit(path, color_scheme=scheme)
    send_empty(page, form)
    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways(visit: Callable[..., Page], path: str) -> None:
    page = visit(path)
    for width in (320, 768, 1280, 2560, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.evaluate("document.documentElement.style.fontSize = '200%'")  # WCAG 1.4.4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/", POST])
def test_hard_words_and_other_directions_fit(visit: Callable[..., Page], path: str) -> None:
    page = visit(path, width=320)
    page.evaluate(
        "document.querySelectorAll('h1, h2, h3')"
        ".forEach(heading => heading.firstChild.textContent = 'W'.repeat(60))"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@needs_vnu
def test_the_nu_html_checker_finds_no_error(
    demo: ServedSite,
    browser: Browser,
    addresses: list[str],
    error_pages: dict[int, str],
    tmp_path: Path,
) -> None:
    context = browser.new_context()
    for status, html in error_pages.items():
        (tmp_path / f"error-{status}.html").write_text(html)
    for number, path in enumerate(dict.fromkeys([*PAGES, *addresses])):
        answer = context.request.get(f"{demo.url}{path.partition('#')[0]}")
        (tmp_path / f"page-{number}.html").write_text(answer.text())
    for number, (path, form) in enumerate(
        [("/contact/", "enquiry"), ("/newsletter/subscribe/", "subscribe")]
    ):
        answer = context.request.post(f"{demo.url}{path}", form={"website": ""})
        assert answer.status == 422, form
        (tmp_path / f"form-{number}.html").write_text(answer.text())
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    checked = subprocess.run(
        # It does not know two properties yet: `reading-flow` (CSS Display 4, 4), by which the focus
        # moves as one sees, and `field-sizing` (CSS UI 4), by which a printed field shows all.
        ["java", "-jar", str(jar), "--errors-only", "--filterpattern"]
        + [".*“(reading-flow|field-sizing)”.*"]
        + [str(path) for path in sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stderr == ""


@needs_axe
def test_every_address_has_its_landmarks_and_axe_finds_nothing_on_a_desktop(
    visit: Callable[..., Page], addresses: list[str]
) -> None:
    for path in dict.fromkeys([*PAGES[:-1], *addresses]):
        page = visit(path, width=1280)
        assert page.locator("h1").count() == 1, path
        for landmark in ("header", "main", "footer"):
            assert page.locator(f"body > {landmark}").count() == 1, path
        assert re.search(r"\S – \S", page.title()), path
        assert violations(page) == [], path
        page.close()
