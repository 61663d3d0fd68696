"""What stands inside each page, so that a visitor waits for one answer before the page is drawn:
the style sheet, the icon and a line of script (docs/decisions/0010-inlined-styles.md).
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from vasite.environment import PROJECT_DIR
from vasite.serving.storage import BundledStaticFilesStorage

# Fetches what helps with the search or a form once somebody is in it.
LOADER = (
    'document.addEventListener("focusin",event=>event.target.closest("[data-script]")'
    '?.dataset.script.split(" ").forEach(name=>import(name)))'
)


@cache
def styles() -> str:
    """Gives the bundled style sheet; nothing where files are not bundled, as under `make dev`."""
    storage = staticfiles_storage
    if not isinstance(storage, BundledStaticFilesStorage) or not storage.hashed_files:
        return ""
    name = storage.stored_name(storage.bundle)
    with storage.open(name) as file:
        return file.read().decode().strip().replace('url("../', f'url("{settings.STATIC_URL}')


def policy_source(inlined: str) -> str:
    """Gives what a Content-Security-Policy says to let exactly this text in (CSP 3, 2.3.1)."""
    return f"'sha256-{b64encode(sha256(inlined.encode()).digest()).decode()}'"


@cache
def icon() -> str:
    """Gives the site's mark as a data: address (RFC 2397)."""
    drawing = (PROJECT_DIR / "static" / "img" / "mark.svg").read_text()
    return f"data:image/svg+xml,{quote(drawing.strip(), safe='/:=')}"
