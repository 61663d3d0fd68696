"""The editor with a post of 200 blocks, and its panel "Found by search".

The post is opened in Chromium (desktop, no throttling) until its last block can be typed in;
then a sentence is typed, and the panel's answer is timed from the pause on.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench import figure, wait_for_pictures
from tests.served import ServedSite

BLOCKS, RUNS, OPEN_ALLOWED, ANSWER_ALLOWED = 200, 7, 2000, 300
WRITING = f"""
from blog.models import BlogIndexPage, BlogPostPage
from vasite.content.models import SiteImage
picture = SiteImage.objects.first()
picture.contextual_alt_text, picture.decorative = picture.description, False
text = "<p>" + "A sentence with a <b>bold</b> word and some more of them. " * 6 + "</p>"
kinds = [
    ("heading", {{"text": "What happens next", "level": "2"}}),
    ("text", text), ("text", text),
    ("picture", {{"picture": picture, "caption": "A caption"}}),
]
post = BlogPostPage(title="A long post", body=[kinds[n % 4] for n in range({BLOCKS})])
BlogIndexPage.objects.get().add_child(instance=post)
post.save_revision().publish()
print(post.pk)
"""
READY = f"""
new MutationObserver((_, observer) => {{
  const count = document.querySelectorAll("[data-streamfield-child]").length;
  if (count >= {BLOCKS} && document.querySelector(".public-DraftEditor-content")) {{
    observer.disconnect();
    requestAnimationFrame(() => {{ window.readyAt = performance.now(); }});
  }}
}}).observe(document, {{childList: true, subtree: true}});
"""


def measure() -> str:
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = "pear-tree-9"
    data_dir = Path(tempfile.mkdtemp(prefix="bench-editor-"))
    with ServedSite(data_dir) as site, sync_playwright() as playwright:
        pk = site.run_code(WRITING).split()[-1]
        wait_for_pictures(site)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        page.goto(f"{site.url}/admin/")
        page.fill("#id_username", "admin")
        page.fill("#id_password", "pear-tree-9")
        page.press("#id_password", "Enter")
        page.wait_for_url("**/admin/")
        opened = [open_editor(page, f"{site.url}/admin/pages/{pk}/edit/") for _ in range(RUNS)]
        answered = [answer_of_panel(page, number) for number in range(RUNS)]
        browser.close()
    return "\n".join(
        [
            "| | median, ms | slowest, ms | allowed |",
            "|---|--:|--:|--:|",
            f"| {BLOCKS} blocks ready to type in | {spread(opened, OPEN_ALLOWED)} |",
            f"| the panel's answer to a pause | {spread(answered, ANSWER_ALLOWED)} |",
        ]
    )


def spread(times: list[float], allowed: float) -> str:
    return f"{figure(statistics.median(times), allowed)} | {max(times):,.0f} | {allowed:,}"


def open_editor(page: Page, address: str) -> float:
    """Gives the milliseconds from the request until the last block's field is there."""
    page.goto("about:blank")
    page.wait_for_timeout(1000)  # what the last page asked for is answered
    page.add_init_script(READY)
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.readyAt && document.readyState === 'complete'")
    loaded = "performance.timing.loadEventEnd - performance.timing.navigationStart"
    return page.evaluate(f"Math.max(window.readyAt, {loaded})")


def answer_of_panel(page: Page, number: int) -> float:
    """Gives the milliseconds from the panel's question, after the pause, until it is drawn."""
    page.evaluate(
        """() => {
          window.answered = new Promise((resolve) => {
            const panel = document.querySelector("[data-coach-content]");
            const original = window.fetch;
            window.fetch = (...args) => {
              if (String(args[0]).endsWith("/coach/")) window.askedAt = performance.now();
              return original(...args);
            };
            new MutationObserver((_, observer) => {
              if (!window.askedAt) return;
              observer.disconnect();
              window.fetch = original;
              requestAnimationFrame(() => {
                const took = performance.now() - window.askedAt;
                window.askedAt = 0;
                resolve(took);
              });
            }).observe(panel, {childList: true});
          });
        }"""
    )
    page.locator("#id_title").press_sequentially(f" and {number}")
    return page.evaluate("window.answered")
