"""The owner pastes from elsewhere: each word is there after saving and opening again."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_writing import paste, start_post
from tests.served import ServedSite, once, wait_until
from vasite.content.contentstate import KeepingConverter

pytestmark = once

TABLE = "A table was pasted as lines of text, with “|” between its cells."
PICTURE = "A picture was left out: add pictures as Picture blocks."
CROSSED_OUT = "Crossed-out words were pasted as ordinary words."
COUNTED = "Numbered lists count from 1 here: check their numbers."
QUOTE = "A quotation was pasted as ordinary text: to set it apart, use a Quote block."
LINK = "A link that leads to no web or email address was left out."
WORD_LIST = (
    "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]>"
    "<span style='mso-list:Ignore'>{mark}<span>&nbsp;&nbsp; </span></span><![endif]>{words}</p>"
)
CASES = {
    "typed letters": (
        "<p>Intro</p><p>a. first typed</p><p>b. second</p><p>Outro</p>",
        "Intro\na. first typed\nb. second\nOutro",
        "",
    ),
    "typed numerals": (
        "<p>Intro</p><p>i. one</p><p>ii. two</p><p>ix. nine</p>",
        "Intro\ni. one\nii. two\nix. nine",
        "",
    ),
    "typed numbers": (
        "<p>7. Ring the bank</p><div>12.\ton time</div><p>19. may be moved</p>",
        "7. Ring the bank\n12. on time\n19. may be moved",
        "",
    ),
    "typed bullets": (
        "<p>Intro</p><p>o one</p><p>o two</p><p>§ three</p><p>◦ four</p>",
        "Intro\no one\no two\n§ three\nfour",
        "",
    ),
    "letters in bold": (
        "<p>Intro</p><p><b>a.</b> first</p><p><i>b.</i> second</p>",
        "Intro\na. first\nb. second",
        "",
    ),
    "letters before hard blanks": (
        "<p>a.&nbsp;first</p><p>7.\u00a0\u00a0second</p><p><span>i.</span>&nbsp;third</p>"
        "<p>o&nbsp; last</p>",
        "a. first\n7. second\ni. third\no last",
        "",
    ),
    "letters in spans": (
        "<p>Intro</p><p><span>a. first</span></p><div><span><b>b</b></span><a "
        "href='https://example.org/'>. second</a></div><p>\n<span>7.</span>\n<span> third</span>"
        "</p><blockquote><span>i. fourth</span></blockquote>",
        "Intro\na. first\nb. second\n7. third\ni. fourth",
        QUOTE,
    ),
    "numbers without a paragraph": ("<span>7. Ring</span><br><span>a. the bank</span>", "", ""),
    "numbers in cells": (
        "<table><caption>2. Prices</caption><tr><td>7.</td><td>March</td></tr><tr><td>a. One</td>"
        "<td>£30</td></tr></table><figure><figcaption><span>b. Desk</span></figcaption></figure>",
        "2. Prices\n7. | March\na. One | £30\nb. Desk",
        TABLE,
    ),
    "list in Outlook": (
        "<p>Intro</p>"
        + WORD_LIST.format(mark="a.", words="First point")
        + WORD_LIST.format(mark="b.", words="Second point")
        + WORD_LIST.format(mark="i.", words="Third point")
        + "<p class=MsoNormal>Outro</p>",
        "",
        COUNTED,
    ),
    "list in Word that goes on": (
        WORD_LIST.format(mark="1.", words="First point")
        + WORD_LIST.format(mark="2.", words="Second point")
        + "<p class=MsoNormal>Between</p>"
        + WORD_LIST.format(mark="3.", words="Third point"),
        "",
        COUNTED,
    ),
    "list in Word": (
        WORD_LIST.format(mark="1.", words="First point")
        + WORD_LIST.format(mark="2.", words="Second point")
        + "<p class=MsoNormal>Between</p>"
        + WORD_LIST.format(mark="o", words="Third point"),
        "",
        "",
    ),
    "a list that begins at four": (
        "<p>Intro</p><ol start='4'><li>Four</li></ol><ol type='a'><li>Letter</li></ol>",
        "Intro\nFour\nLetter",
        COUNTED,
    ),
    "tracked changes": (
        "<p class=MsoNormal>A day is <del cite='mailto:Ann'>£300</del> <ins>£250</ins>.</p>",
        "A day is £300 £250.",
        CROSSED_OUT,
    ),
    "crossed out in Google Docs": (
        "<p><span style='text-decoration:line-through'>Old</span><span> New</span></p>",
        "Old New",
        CROSSED_OUT,
    ),
    "powers and footnotes": (
        "<p>10<sup>6</sup> and 10<span style='vertical-align:super'>−3</span>, H<sub>2</sub>O, "
        "a note<sup><a href='https://example.org/#1'>1</a></sup></p>",
        "10⁶ and 10⁻³, H₂O, a note¹",
        "",
    ),
    "quotation marks": ("<p>She said <q>oh <q>yes</q></q>.</p>", "She said “oh “yes””.", ""),
    "a link to a telephone": ("<p>Ring <a href='tel:+441632960142'>me</a></p>", "Ring me", LINK),
    "words apart by style": (
        "<a href='https://example.org/'><span style='display: block'>Title</span><span "
        "style='display: block'>3 May</span></a><div style='display: flex'><span>Monday</span>"
        "<span>8.30am</span></div><ul><li style='display:grid'><b>Price</b><i>£30</i></li></ul>",
        "Title\n3 May\nMonday\n8.30am\nPrice £30",
        "",
    ),
    "tasks on a web page": (
        "<ul><li class=task-list-item><input type=checkbox checked disabled> Ring Ann</li><li>"
        "<p><input type=checkbox> Book a room</p></li></ul><p>Tea <input type=checkbox></p>",
        "☑ Ring Ann\n☐ Book a room\nTea ☐",
        "",
    ),
    "tasks in Google Docs": (
        "<ul><li role=checkbox aria-checked=true><img alt=checked src='data:image/png;base64,x' "
        "width=17 aria-roledescription=checkbox><p><span>Ring Ann</span></p></li><li "
        "role=checkbox aria-checked=false><p>Book a room</p></li></ul>",
        "☑ Ring Ann\n☐ Book a room",
        "",
    ),
    "tasks in an editor": (
        "<ul data-type=taskList><li data-checked=true><label><input type=checkbox checked><span>"
        "</span></label><div><p>Ring Ann</p></div></li><li data-checked=false><label><input "
        "type=checkbox></label><div><p>Book a room</p></div></li></ul>",
        "☑ Ring Ann\n☐ Book a room",
        "",
    ),
    "cells": ("<table><tr><td>Name</td><td>Hours</td></tr></table>", "Name | Hours", TABLE),
    "Excel": (
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><head><style>td{color:red}</style>"
        "</head><body><table><!--StartFragment--><col width=64><tr height=20><td class=xl65>Name"
        "</td><td>Hours</td></tr><tr><td>Jane</td><td align=right>12</td></tr><!--EndFragment-->"
        "</table></body></html>",
        "Name | Hours\nJane | 12",
        TABLE,
    ),
    "Google Sheets": (
        '<google-sheets-html-origin><style type="text/css">td {border: 1px}</style><table dir="ltr"'
        ' data-sheets-root="1"><colgroup><col width="100"/></colgroup><tbody><tr><td><span>Inbox'
        "</span></td><td>£280</td></tr><tr><td>Diary</td><td></td></tr></tbody></table>",
        "Inbox | £280\nDiary |",
        TABLE,
    ),
    "ChatGPT": (
        "<p>Here you are:</p><div><div><table><caption>Prices</caption><thead><tr><th><strong>Plan"
        "</strong></th><th>Cost</th></tr></thead><tbody><tr><td><p>Small</p></td><td><p>£30</p>"
        "</td></tr></tbody></table></div></div><p>Shall I go on?</p>",
        "Here you are:\nPrices\nPlan | Cost\nSmall | £30\nShall I go on?",
        TABLE,
    ),
    "cells with paragraphs": (
        "<table><tr><td><p>One</p><p>Two</p></td><td><ul><li>Three</li><li>Four</li></ul></td></tr>"
        "</table>",
        "One\nTwo\nThree\nFour",
        TABLE,
    ),
    "table in a table": (
        "<table><tr><td>Left</td><td><table><tr><td>In</td><td>Side</td></tr></table></td></tr>"
        "</table>",
        "",
        TABLE,
    ),
    "definitions": (
        "<p>P</p><dl><dt>Term</dt><dd>Meaning</dd><div><dt>Next</dt><dd>Other</dd></div></dl>",
        "P\nTerm\nMeaning\nNext\nOther",
        "",
    ),
    "details": (
        "<details><summary>Question</summary>Answer <b>bold</b><p>More</p></details>Tail",
        "Question\nAnswer bold\nMore\nTail",
        "",
    ),
    "sections": (
        "<header>Head</header><main><aside>Aside</aside>Main <section>Section<article>Article"
        "</article></section>tail</main><footer>Foot</footer><address>Address</address>",
        "Head\nAside\nMain\nSection\nArticle\ntail\nFoot\nAddress",
        "",
    ),
    "caption": ("<p>P</p><figure><figcaption>Caption</figcaption></figure>", "P\nCaption", ""),
    "picture": (
        "<p>Before</p><figure><img src='https://example.org/a.jpg' alt='A desk' width=600>"
        "<figcaption>My desk</figcaption></figure><p>After <img src='data:image/gif;base64,x'"
        " alt='😀'></p>",
        "Before\nMy desk\nAfter 😀",
        PICTURE,
    ),
    "link around a section": (
        "<a href='https://example.org/'><section>Linked <b>words</b></section></a><nav>Nav</nav>",
        "Linked words\nNav",
        "",
    ),
    "video": (
        "<p>See</p><iframe src='https://example.org/'></iframe><p>this</p>",
        "See\nthis",
        "A video or another embedded item was left out.",
    ),
    "Google Docs": (
        '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1">'
        '<p dir="ltr"><span>One</span></p><div><table><tbody><tr><td><p><span>A</span></p></td>'
        "<td><p><span>B</span></p></td></tr></tbody></table></div>"
        "<ul><li><p><span>Item</span></p></li></ul></b>",
        "One\nA | B\nItem",
        TABLE,
    ),
    "LibreOffice": (
        '<p style="margin-bottom:0"><font face="Liberation Serif">Words</font></p><table '
        'cellpadding="4"><tr valign="top"><td><p>C1</p></td><td><p><br/></p></td>'
        "<td><p>C3</p></td></tr></table><ol><li><p>First</p></li><li><p>Second</p></li></ol>",
        "Words\nC1 | | C3\nFirst\nSecond",
        TABLE,
    ),
    "old-fashioned HTML": (
        "<center>Centre</center><form><fieldset><legend>Legend</legend>Field</fieldset></form>"
        "<blockquote>Quote<p>Inner</p></blockquote><pre>Code\nLine</pre><hgroup><h2>Heading</h2>"
        "<p>Sub</p></hgroup>",
        "",
        QUOTE,
    ),
    "Gmail": (
        "<div dir='ltr'>Hello there,<div><br></div><div>First line</div><div>Second <b>bold</b>"
        "</div><div class='gmail_quote'><div class='gmail_attr'>On Monday Ann wrote:<br></div>"
        "<blockquote><div>Quoted once</div><div>Quoted twice</div></blockquote></div></div>",
        "Hello there,\nFirst line\nSecond bold\nOn Monday Ann wrote:\nQuoted once\nQuoted twice",
        QUOTE,
    ),
    "Outlook": (
        "<!--StartFragment--><div class=WordSection1><p class=MsoNormal>Hello,</p><div><div><p "
        "class=MsoNormal><b>From:</b> Ann<br><b>Sent:</b> Monday</p></div></div><div>Kind"
        "<div>regards</div></div></div><!--EndFragment-->",
        "Hello,\nFrom: Ann\nSent: Monday\nKind\nregards",
        "",
    ),
    "blocks in an item": (
        "<ul><li>Point<blockquote>Quoted</blockquote></li><li>Two<p>para</p>tail<ul><li>Sub</li></ul>"
        "</li></ul>",
        "Point\nQuoted\nTwo\npara\ntail\nSub",
        QUOTE,
    ),
    "a styled block in a link": (
        "<a href='https://example.org/'><div>Card</div><div><b>title</b></div></a>",
        "Card\ntitle",
        "",
    ),
    "footnotes": (
        "<p>Body<a href='#_ftn1'>[1]</a> goes on.</p><div><hr><div id=ftn1><p>[1] Footnote</p>"
        "</div></div>",
        "Body[1] goes on.\n[1] Footnote",
        "",
    ),
    "quoted paragraphs": (
        "<blockquote><p>Quoted</p><p>again</p></blockquote><blockquote>Bare</blockquote>",
        "Quoted\nagain\nBare",
        QUOTE,
    ),
    "right to left": (
        "<div dir='rtl'><p>שלום עולם</p><div>مرحبا <bdi>بالعالم</bdi></div></div><p>End</p>",
        "שלום עולם\nمرحبا بالعالم\nEnd",
        "",
    ),
    "letters of several characters": (
        "<p>Family <img alt='👩\u200d👩\u200d👧\u200d👦' src='x'> of four</p>",
        "Family 👩\u200d👩\u200d👧\u200d👦 of four",
        "",
    ),
    "a picture with a short name": (
        "<p>Before <img alt='Desk' src='x' width=600> after</p>",
        "Before after",
        PICTURE,
    ),
    "words that nobody saw": (
        "<div style='display:none'>–</div><p>Seen <span style='DISPLAY: none'>–</span>words"
        "<span style='mso-hide:all'>–</span></p><p hidden>–</p><p>End</p>",
        "Seen words\nEnd",
        "",
    ),
    "a menu of a form": (
        "<p>Pick</p><select><optgroup label=x><option>Inbox</option><option>Diary</option>"
        "</optgroup></select>",
        "Pick\nInbox\nDiary",
        "",
    ),
    "nested lists": (
        "<ul><li>One<ul><li>Two<ol><li>Three</li></ol></li></ul></li><li>Four</li></ul>"
        "<aside>Aside</aside>",
        "One\nTwo\nThree\nFour\nAside",
        "",
    ),
}
LATEST = """
from blog.models import BlogPostPage
for post in BlogPostPage.objects.filter(title={title!r}):
    print(post.pk, ascii(post.get_latest_revision_as_object().body[0].value.source))
"""
WORD = "[A-Za-z0-9£😀]{2,}"
STORE = KeepingConverter(["h2", "h3", "bold", "italic", "ol", "ul", "link"])


def words_of(html: str) -> list[str]:
    text = re.sub(r"<style.*?</style>|<!\[.*?\]>|<!--.*?-->", "", html, flags=re.DOTALL)
    return re.findall(WORD, re.sub(r"<[^>]*>", " ", text).replace("&nbsp;", " "))


def check(shown: str, html: str, lines: str) -> None:
    """Check that a text holds each word of what was pasted, and is of these lines."""
    blocks = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
    if lines:
        assert blocks == [" ".join(line.split()) for line in lines.splitlines()]
    found = re.findall(WORD, shown)
    for word in words_of(html):
        assert word in found or re.fullmatch(r"[ivx]+", word), (word, shown)


def test_each_word_that_an_owner_pastes_is_stored(admin: Page, demo: ServedSite) -> None:
    start_post(admin, demo, "Pasted from everywhere")
    editor = admin.locator(".public-DraftEditor-content").first
    said = admin.locator(".paste-note")
    field = admin.locator("input[name=body-0-value]")
    for html, lines, note in CASES.values():
        editor.click()
        admin.keyboard.press("Control+A")
        admin.keyboard.press("Delete")
        expect(editor).to_have_text("")
        expect(field).not_to_have_value(re.compile(r'"text":\s*"[^"]'))  # which comes later
        paste(admin, html)
        if note:
            expect(said).to_have_text(note)
            assert said.get_attribute("role") == "status"
        elif said.count():
            expect(said).to_have_text("")
        words = words_of(html)
        # in a text: the random keys of blocks may hold "12", too
        expect(field).to_have_value(re.compile(rf'"text":\s*"(?:[^"\\]|\\.)*{words[-1]}'))
        stored = STORE.to_database_format(field.input_value())
        again = json.loads(STORE.from_database_format(stored))
        check("\n".join(block["text"] for block in again["blocks"]), html, lines)


def test_each_word_of_plain_text_that_an_owner_pastes_is_stored(
    admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "Pasted as plain text")
    editor = admin.locator(".public-DraftEditor-content").first
    lines = ["a. First", "7. Ring the bank", "ii. Third", "o none", "§ 5 of the Act", "Outro"]
    editor.click()
    editor.evaluate(
        """(editor, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const event = { clipboardData, bubbles: true, cancelable: true };
            editor.dispatchEvent(new ClipboardEvent("paste", event));
        }""",
        "\n".join(lines),
    )
    field = admin.locator("input[name=body-0-value]")
    expect(field).to_have_value(re.compile("Outro"))
    again = json.loads(STORE.from_database_format(STORE.to_database_format(field.input_value())))
    check("\n".join(block["text"] for block in again["blocks"]), "", "\n".join(lines))


def test_each_heading_that_an_owner_pastes_is_stored_as_one(admin: Page, demo: ServedSite) -> None:
    title = "Pasted headings"
    start_post(admin, demo, title)
    paste(admin, "".join(f"<h{level}>Level {level}</h{level}>" for level in range(1, 7)))
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.locator(".messages .success")).to_be_visible()
    stored = demo.run_code(LATEST.format(title=title))
    assert re.findall(r"<(h\d)[^>]*>(Level \d)<", stored) == [
        (f"h{stored_as}", f"Level {level}") for level, stored_as in enumerate((2, 2, 3, 3, 3, 3), 1)
    ]


@pytest.mark.parametrize("name", ["list in Outlook", "ChatGPT"])
def test_a_saved_paste_is_opened_again_whole(admin: Page, demo: ServedSite, name: str) -> None:
    html, lines, _ = CASES[name]
    title = f"Opened again: {name}"
    start_post(admin, demo, title)
    paste(admin, html)
    last = html[html.rindex("<p") :].split(">")[1].split("<")[0]  # paragraph
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.locator(".messages .success")).to_be_visible()
    latest = LATEST.format(title=title)
    wait_until(lambda: last in demo.run_code(latest), seconds=60)
    admin.goto(f"{demo.url}/admin/pages/{demo.run_code(latest).split()[0]}/edit/")
    editor = admin.locator(".public-DraftEditor-content").first
    expect(editor).to_contain_text(last)
    check(editor.inner_text(), html, lines)


def test_an_owner_is_told_that_a_picture_does_not_go_into_text(
    admin: Page, demo: ServedSite
) -> None:
    start_post(admin, demo, "A pasted screenshot")
    editor = admin.locator(".public-DraftEditor-content").first
    editor.click()
    editor.evaluate(
        """(editor) => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File(["x"], "image.png", { type: "image/png" }));
            const event = { clipboardData, bubbles: true, cancelable: true };
            editor.dispatchEvent(new ClipboardEvent("paste", event));
        }"""
    )
    expect(admin.locator(".paste-note")).to_contain_text("Pictures and files can’t be put into")
