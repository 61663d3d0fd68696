"""Renders the demo's drawings (SVG) to the JPEG files that are uploaded: `make demo-pictures`."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parent / "pictures"


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        for drawing in sorted(PICTURES.glob("*.svg")):
            page.goto(drawing.as_uri())
            with Image.open(io.BytesIO(page.screenshot())) as screenshot:
                screenshot.convert("RGB").save(drawing.with_suffix(".jpg"), quality=88)


if __name__ == "__main__":
    main()
