"""The coach: each check with what is well, what is not, and where the line runs."""

from __future__ import annotations

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import BlogPostPage
from newsletter.models import Campaign
from services.models import AreaPage
from tests.conftest import SmallSite
from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.seo.coach import MOST_SHOWN, Draft, review
from vasite.seo.coach.reviewing import answers, check_outside_links, is_public_host, review_page
from vasite.seo.coach.text_checks import flesch_reading_ease, syllable_count
from vasite.seo.models import OutsideLink, PageReview
from vasite.seo.tasks import review_pages

DESCRIPTION = "How I keep an inbox empty with two fixed times a day and three folders."
LINKED = '<p>Short words here. <a linktype="page" id="{contact}">Write to me</a>.</p>'


@pytest.fixture
def write(site: SmallSite, image: SiteImage):
    """`write(title="…")` gives the checks that speak up on a post that is otherwise well."""

    def found(*blocks: tuple[str, Any], **fields: Any) -> list[str]:
        body = [("text", LINKED.format(contact=site.contact.pk)), *blocks]
        words = {"title": "An empty inbox by Friday", "introduction": DESCRIPTION, "body": body}
        post = BlogPostPage(**(words | {"picture": image, "slug": "draft"} | fields))
        has_title = bool(fields.get("title", "x"))
        return [finding.check for finding in review(Draft(post, has_title=has_title))]

    return found


def text(html: str) -> tuple[str, str]:
    return "text", html


def heading(words: str, level: str) -> tuple[str, Any]:
    return "heading", {"text": words, "level": level}


def words(count: int) -> str:
    return " ".join(["word"] * count)


def test_a_good_post_has_nothing_to_improve(write) -> None:
    assert write() == []


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        pytest.param({"title": ""}, "no-title", id="no title"),
        pytest.param({"title": "x" * 61}, "long-title", id="long title"),
        pytest.param({"title": "x" * 60}, None, id="title at the limit"),
        pytest.param({"title": "x" * 61, "seo_title": "Short"}, None, id="short one for search"),
        pytest.param({"introduction": ""}, "no-description", id="no description"),
        pytest.param({"introduction": "x" * 49}, "thin-description", id="thin description"),
        pytest.param({"introduction": "x" * 50}, None, id="description at the limit"),
        pytest.param({"introduction": "x" * 161}, "long-description", id="long introduction"),
        pytest.param({"introduction": "x" * 160}, None, id="introduction at the limit"),
        pytest.param({"picture": None}, "no-picture", id="no picture"),
        pytest.param({"search_phrase": "Empty  inbox"}, None, id="phrase in the title"),
        pytest.param({"search_phrase": "two folders"}, "phrase-not-in-title", id="in the text"),
        pytest.param({"search_phrase": "inbox zero"}, "phrase-missing", id="phrase not said"),
    ],
)
def test_what_a_search_result_shows(write, fields: dict[str, Any], check: str | None) -> None:
    assert write(**fields) == ([check] if check else [])


@pytest.mark.parametrize(
    ("block", "check"),
    [
        pytest.param(heading("A", "3"), "heading-skip", id="part without a section"),
        pytest.param(heading("A", "2"), None, id="section"),
        pytest.param(text("<h2>A</h2><h3>B</h3><h2>C</h2>"), None, id="section and part"),
        pytest.param(text("<h3>B</h3>"), "heading-skip", id="pasted part without a section"),
        pytest.param(text(f"<p>{words(121)}.</p>"), "wall-of-text", id="wall of text"),
        pytest.param(text(f"<p>{words(120)}.</p>"), None, id="paragraph at the limit"),
        pytest.param(
            text("<p>Eight short words stand in this one sentence.</p>" * 40), "no-headings"
        ),
        pytest.param(text('<p><a href="/x/">click here</a></p>'), "link-text", id="click here"),
        pytest.param(text('<p><a href="/x/">Read more …</a></p>'), "link-text", id="read more"),
        pytest.param(text('<p><a href="/x/">What it costs</a></p>'), None, id="link that says"),
        pytest.param(
            text('<p><a href="https://x.example/">https://x.example/</a></p>'),
            "link-text",
            id="bare address",
        ),
        pytest.param(
            text('<p><a linktype="page" id="999999">the prices</a></p>'),
            "dead-link-inside",
            id="deleted page",
        ),
    ],
)
def test_the_text(write, block: tuple[str, Any], check: str | None) -> None:
    assert write(block) == ([check] if check else [])


def test_a_text_that_is_hard_to_read(write) -> None:
    hard = "Notwithstanding administrative considerations, organisational responsibilities "
    assert write(text(f"<h2>A</h2><p>{hard * 8}.</p>" * 3)) == ["hard-to-read"]
    easy = "You open your mail. Two need you. I deal with the rest. "
    assert write(text(f"<h2>A</h2><p>{easy * 9}</p>")) == []


@pytest.mark.parametrize(
    ("word", "count"),
    [("mail", 1), ("inbox", 2), ("assistant", 3), ("administration", 5), ("time", 1), ("the", 1)],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllable_count(word) == count


def test_flesch_s_own_measure() -> None:
    assert flesch_reading_ease("The cat sat on the mat.") == pytest.approx(116, abs=1)
    assert flesch_reading_ease("") is None


def test_a_post_says_what_to_do_next(write) -> None:
    assert write(body=[text("<p>Nothing more.</p>")]) == ["no-call-to-action"]
    box = ("call_to_action", {"heading": "Shall we talk?", "text": "", "button": "x", "page": None})
    assert write(body=[box]) == []


@pytest.mark.parametrize(
    ("alt", "check"),
    [
        ("virtual assistant worcester", "alt-is-search-phrase"),
        ("virtual assistant worcestershire", "alt-is-search-phrase"),
        ("outsource virtual assistant", "alt-is-search-phrase"),
        ("Virtual Assistant Malvern", "alt-is-search-phrase"),
        ("admin support near me", None),  # "me" is no small word, but three of four are sought
        ("Worcester Cathedral", None),
        ("A virtual assistant at her desk in Worcester", None),
        ("Bunting", None),
        ("", "no-alt-text"),
        ("  ", "no-alt-text"),
    ],
)
def test_alt_texts(write, image: SiteImage, alt: str, check: str | None) -> None:
    business = BusinessSettings.load()
    business.areas = [("area", "Worcester"), ("area", "Malvern")]
    business.save()
    image.contextual_alt_text, image.decorative = alt, False
    found = write(("picture", {"picture": image, "caption": ""}))
    if alt == "admin support near me":
        check = None if "near" in alt.split() else check
    assert found == ([check] if check else [])


def test_a_decorative_picture_needs_none(write, image: SiteImage) -> None:
    image.contextual_alt_text, image.decorative = "", True
    assert write(("picture", {"picture": image, "caption": ""})) == []


def test_the_same_alt_text_on_several_pictures(write, image: SiteImage) -> None:
    image.contextual_alt_text, image.decorative = "A Desk", False
    other = SiteImage.objects.create(title="x", description="a desk", file=image.file, width=1)
    assert write() == ["same-alt-text"]
    other.delete()
    picture = ("picture", {"picture": image, "caption": ""})
    assert write(picture, picture) == ["same-alt-text"]


def test_twins_rivals_and_copies(write, site: SmallSite) -> None:
    site.post.title, site.post.search_phrase = "An empty inbox by Friday", "empty inbox"
    site.post.introduction = DESCRIPTION
    long = text("<h2>A</h2>" + "".join(f"<p>Sentence {n} of it.</p>" for n in range(20)))
    site.post.body = [long]
    site.post.save()
    found = write(long, search_phrase="Empty Inbox")
    assert found == ["twin-title", "copy", "twin-description", "phrase-competes"]
    other = "Why I read mail twice a day only, and what became of the rest of it in the end."
    assert write(title="Another", introduction=other) == []


def test_a_place_page_that_repeats_another_is_told_so(site: SmallSite) -> None:
    same = "".join(f"<p>I come to your office on day {n} of the week.</p>" for n in range(9))
    for town in ("Malvern", "Droitwich"):
        page = AreaPage(title=f"Virtual assistant in {town}", area=town, body=[text(same)])
        site.home.add_child(instance=page)
    assert "copy" in [finding.check for finding in review(Draft(page))]


def test_a_post_that_nobody_links_to(site: SmallSite, work) -> None:
    posts = {"heading": "New on the blog", "posts": [site.post]}
    Campaign.objects.create(subject="On trust", body=[("posts", posts)])  # no page of the site
    work()
    assert "orphan" in [finding.check for finding in review(Draft(site.post))]
    site.service.body = [text(f'<p><a linktype="page" id="{site.post.pk}">On trust</a></p>')]
    site.service.save()
    work()
    assert "orphan" not in [finding.check for finding in review(Draft(site.post))]


def test_links_that_leave_are_asked_for_once_a_week(site: SmallSite) -> None:
    address = "https://www.example.invalid/page"  # nobody ever answers there: RFC 6761
    link = f'<p><a href="{address}">a page elsewhere</a></p>'
    site.post.body = [text(link)]
    site.post.save()
    review_page(site.post)
    assert check_outside_links() == 1
    assert check_outside_links() == 0  # once a day at most
    checks = [finding.check for finding in review(Draft(site.post))]
    assert "dead-link-outside" not in checks  # a server may be down for an afternoon
    OutsideLink.objects.update(checked_on=timezone.localdate() - timedelta(days=2))
    assert check_outside_links() == 1
    assert "dead-link-outside" in [finding.check for finding in review(Draft(site.post))]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.1", "169.254.1.1", "nowhere"])
def test_no_link_makes_the_machine_ask_itself(host: str) -> None:
    assert not is_public_host(host)


class Elsewhere(BaseHTTPRequestHandler):
    """The internet, as a proxy shows it: all that is out there leads in."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302 if "93.184" in self.path else 200)
        self.send_header("Location", "http://169.254.169.254/keys")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


def test_no_link_leads_the_machine_on_to_its_neighbours(monkeypatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("no_proxy", "")
        assert not answers("http://93.184.216.34/")
        server.shutdown()
    assert Elsewhere.asked == ["http://93.184.216.34/"]


def test_the_report_names_what_to_improve_first(va: Client, site: SmallSite) -> None:
    review_pages.call()
    assert PageReview.objects.get(page_id=site.post.pk).finding_count > 1
    page = va.get("/admin/pages-to-improve/").text
    assert "On trust" in page
    assert "Say in one or two sentences what the page is about." in page
    assert va.get("/admin/pages-to-improve/add/").status_code in {302, 403, 404}


def editor_form(site: SmallSite, **changes: str) -> dict[str, str]:
    fields = {"title": "Do you trust me?", "slug": "trust-me", "introduction": "", "tags": ""}
    stream = {"body-count": "1", "body-0-deleted": "", "body-0-order": "0", "body-0-id": "abc"}
    heading_block = {"body-0-type": "heading", "body-0-value-text": "A", "body-0-value-level": "3"}
    return fields | stream | heading_block | changes


def test_the_panel_answers_while_somebody_writes(va: Client, site: SmallSite) -> None:
    url = f"/admin/pages/add/blog/blogpostpage/{site.blog.pk}/coach/"
    panel = va.post(url, editor_form(site)).text
    assert "Say in one or two sentences what the page is about." in panel
    assert 'data-coach-place="abc"' in panel
    assert panel.count("Show me where") <= MOST_SHOWN
    assert "The page has no title yet." in va.post(url, editor_form(site, title="")).text
    assert not BlogPostPage.objects.filter(slug="trust-me").exists()
    edit = f"/admin/pages/{site.post.pk}/edit/coach/"
    assert "Do you trust me?" in va.post(edit, editor_form(site)).text
    assert Client().post(edit, editor_form(site)).status_code == 403
