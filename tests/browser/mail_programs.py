"""What mail programs make of an email, as far as Chromium can show it."""

from __future__ import annotations

import re

from playwright.sync_api import Page

# Outlook.com recolours elements that have a colour of their own, inline, and notes the old one.
# Here all become unreadable, so that only the email's own rules for it can mend that.
RECOLOUR = """() => {
    for (const one of document.querySelectorAll("body, body *")) {
        for (const [property, mark] of [["color", "data-ogsc"], ["backgroundColor", "data-ogsb"]]) {
            if (!one.style[property]) continue;
            one.setAttribute(mark, one.style[property]);
            one.style[property] = "#444444";
        }
    }
}"""
# What dark modes make of the lightness `l` (CIE L*) of a colour; none of these asks the email
GMAIL_ON_ANDROID = "isText ? (l < 55 ? 100 - l : l) : (l > 50 ? 100 - l : l)"
GMAIL_ON_IPHONES = "100 - l"
OUTLOOK_FOR_WINDOWS = "(100 - l) * 0.79 + 21"  # no ground is black
DARKEN = """rule => {
    const dark = new Function("l", "isText", `return ${rule}`);
    const canvas = document.createElement("canvas").getContext("2d");
    const turn = (colour, isText) => {
        canvas.fillStyle = `lab(from ${colour} l a b)`;
        const [l, a, b] = canvas.fillStyle.match(/-?[\\d.]+/g).map(Number);
        canvas.fillStyle = `lab(${dark(l, isText)} ${a} ${b})`;
        canvas.fillRect(0, 0, 1, 1);
        return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
    };
    const all = [...document.querySelectorAll("body, body *")].map(one => {
        const { color, backgroundColor } = getComputedStyle(one);
        return [one, color, backgroundColor];
    });
    for (const [one, text, ground] of all) {
        one.style.setProperty("color", turn(text, true), "important");
        if (ground === "rgba(0, 0, 0, 0)") continue;
        one.style.setProperty("background-color", turn(ground, false), "important");
    }
}"""
# Contrast as WCAG 2.2 defines it, of each text with the first background behind it
CONTRASTS = """() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => parts(colour).slice(0, 3)
        .map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = one => {
        for (; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (parts(colour)[3] !== 0) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const words = texts.currentNode.data.trim(), one = texts.currentNode.parentElement;
        if (!words || !one.getClientRects().length) continue;
        const pair = [getComputedStyle(one).color, behind(one)].map(luminance).sort();
        found.push([(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), words]);
    }
    return found;
}"""


def unreadable(page: Page) -> list[str]:
    """Return the texts with less contrast than 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    found = page.evaluate(CONTRASTS)
    assert found
    return [f"{contrast:.2f}: {words[:60]}" for contrast, words in found if contrast < 4.5]


def check_outlook(page: Page, html: str) -> None:
    """Check an email's rules for Outlook for Windows, Outlook.com and the Outlook apps."""
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") >= 3
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in html
    assert '<!--[if mso]><table role="presentation" width="600"' in html
    page.emulate_media(color_scheme="light")
    page.set_content(html)
    for table in page.locator("table[width='600']").all():
        assert "max-width: 600px" in str(table.get_attribute("style"))
    for button in page.locator(".button").all():
        assert button.get_attribute("bgcolor") == "#b6472f"
        assert button.locator("a").inner_html().count("mso-font-width: 200%") == 2
    page.evaluate(RECOLOUR)
    assert unreadable(page) == []


def in_gmail(html: str) -> str:
    """Return what Gmail leaves of an email: no style element with a rule for other programs."""
    return re.sub(r"<style>[^<]*\[data-[^<]*</style>", "", html)


def in_gmail_elsewhere(html: str) -> str:
    """Return what Gmail's apps leave of an email to an address at another provider."""
    return re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def in_word(html: str) -> str:
    """Return what Outlook for Windows shows, which renders emails as Word does.

    It reads what is in conditional comments and passes over the rules that it does not know. A
    word that is too long for a line widens a table, except one whose columns are fixed.
    """
    html = re.sub(
        r"<!--\[if mso\]>(?:\s*<xml>.*?</xml>)?(.*?)<!\[endif\]-->", r"\1", html, flags=re.DOTALL
    )
    unknown = "border-radius|max-width|max-height|overflow-wrap|word-break|overflow"
    html = re.sub(rf"(?<![\w-])(?:{unknown}):[^;\"}}]*;?", "", html)
    return html.replace("</head>", "<style>td { overflow-wrap: break-word; }</style></head>")


DARK_MODES = [
    (in_gmail, GMAIL_ON_ANDROID),
    (in_gmail, GMAIL_ON_IPHONES),
    (in_gmail_elsewhere, GMAIL_ON_ANDROID),
    (in_gmail_elsewhere, GMAIL_ON_IPHONES),
    (in_word, OUTLOOK_FOR_WINDOWS),
]


def check_dark_modes(page: Page, html: str) -> None:
    """Check that an email can be read where a program darkens it without asking."""
    page.set_viewport_size({"width": 640, "height": 800})
    page.emulate_media(color_scheme="light")
    for program, rule in DARK_MODES:
        page.set_content(program(html))
        case = program.__name__, rule
        assert unreadable(page) == [], case  # as it is when the program is light
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), case
        page.evaluate(DARKEN, rule)
        assert unreadable(page) == [], case
