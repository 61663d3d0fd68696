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

# Fetches what helps with the search or a form once somebody is in it. A form that is sent before
# its script has come waits for it, five seconds at most: or it would count as sent without one.
LOADER = (
    "(()=>{"
    'const load=e=>Promise.all(e.dataset.script.split(" ").map(name=>import(name)));'
    'document.addEventListener("focusin",event=>{'
    'const e=event.target.closest("[data-script]");'
    "if(e){e.dataset.begun??=performance.now();load(e)}});"
    'document.addEventListener("submit",event=>{'
    "const form=event.target,{dataset}=form;"
    "if(!dataset.challenge||dataset.ready)return;"
    "event.preventDefault();"
    "if(dataset.waits)return;"
    'dataset.waits="1";'
    "Promise.race([load(form),new Promise(done=>setTimeout(done,5e3))]).catch(()=>{}).then(()=>{"
    "delete dataset.waits;"
    "dataset.ready?form.requestSubmit():form.submit()})});"
    'addEventListener("load",()=>{'
    'const e=document.querySelector("[data-sent]:target");e&&import(e.dataset.sent)})'
    "})()"
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
