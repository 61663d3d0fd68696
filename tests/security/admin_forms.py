"""What the forms of an admin page send when somebody fills in what is required and presses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from django.core.files.base import ContentFile
from django.http import QueryDict
from wagtail.test.utils.form_data import nested_form_data, querydict_from_html, streamfield

from tests.conftest import picture_bytes

TYPED = {
    "email": "words@example.org",
    "url": "https://example.org/",
    "number": "1",
    "password": "correct horse battery staple",
}
# What must be on the site once, and is there when the form of a copy is opened
FRESH = {
    "new_slug": "another",
    "hostname": "another.example.org",
    "username": "another",
    "email": "another@example.org",
}
FIELDS = ":is(input, textarea, option)"
REQUIRED = (
    ":is(input, textarea)[required], "
    f"[data-field-wrapper]:has(.w-required-mark) {FIELDS}, "
    f".w-panel__header:has(.w-required-mark) ~ .w-panel__content {FIELDS}"
)
FORM = re.compile(r'<form\b[^>]*\bmethod="post".*?</form>', re.DOTALL | re.IGNORECASE)


def submissions(html: str, path: str) -> Iterator[tuple[str, QueryDict]]:
    """Give the address and the fields of each way to send each form of a page."""
    if html.startswith("{"):  # a modal
        html = json.loads(html).get("html") or ""
    for markup in FORM.findall(html):
        form = BeautifulSoup(markup, "html.parser").form
        assert form
        fields = querydict_from_html(markup)
        for name, value in filled_in(form, fields).items():
            fields[name] = value
        action = urljoin(path, str(form.get("action") or ""))
        buttons = form.select("button:not([type=button])") or [form]
        for button in buttons:
            pressed = fields.copy()
            if button.has_attr("name"):
                pressed[str(button["name"])] = str(button.get("value", ""))
            yield urljoin(action, str(button.get("formaction") or "")), pressed


def filled_in(form: Tag, fields: QueryDict) -> dict[str, Any]:
    """Return values for what is empty and required, and for what scripts would put there."""
    found: dict[str, Any] = {name: value for name, value in FRESH.items() if name in fields}
    for field in form.select("input[type=file][name]"):
        found[str(field["name"])] = sample_file(form, field)
    for field in form.select(REQUIRED):
        select = field.find_parent("select")
        name, kind = str((select or field).get("name")), str(field.get("type", ""))
        if (fields.get(name) or "").strip() or name in found or kind == "file":
            continue
        if field.get("value") or not select:
            found[name] = str(field.get("value") or TYPED.get(kind, "Words"))
    for stream in form.select("[data-controller~=w-block]"):
        blocks = json.loads(str(stream["data-w-block-arguments-value"]))[0]
        texts = [(one["type"], one["value"]) for one in blocks if isinstance(one["value"], str)]
        found |= nested_form_data({str(stream["id"]): streamfield(texts)})
    return found


def sample_file(form: Tag, field: Tag) -> ContentFile[bytes]:
    if "image" in f"{form.get('action')} {field.get('accept')} {field['name']}":
        return ContentFile(picture_bytes((300, 200)), "another.jpg")
    return ContentFile(b"email,name\nwords@example.org,Words\n", "another.csv")
