"""What mail programs make of an email, as far as Chromium can show it."""

from __future__ import annotations

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
