"""Whatever somebody who is signed in sends to the admin is answered by a page that says what it is,
and kept by no cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from tests.security.test_admin_access import (
    admin_patterns,
    clients,
    is_left_out,
    objects,
    path_of,
)

__all__ = ["clients", "objects"]

# What views of the admin read from a form or a query
NAMES = (
    "address after answer before body-count collection_id date email fields form-TOTAL_FORMS "
    "format id kind link_text link_url locale move name new_parent_page next ordering p page "
    "page_type parent parent_page_id position q restriction_type slug state status tag "
    "target_pages[] term title url user external-link-chooser-url "
    "email-link-chooser-email_address phone-link-chooser-phone_number anchor-link-chooser-url "
    "external-link-chooser-link_text image-chooser-insertion-format"
)


def fields(value: str) -> dict[str, str]:
    return dict.fromkeys(NAMES.split(), value)


SENT = {
    "nothing": {},
    "signs": fields("\u202e\x00%00'\"<x>[{"),
    "a large number": fields("9" * 30),
    "a long text": fields("x" * 20_000),
}


def paths(objects: dict[str, Any]) -> Iterator[str]:
    """Give an address of each view of the admin; the same view serves several models."""
    known = set()
    for pattern in admin_patterns():
        path = path_of(pattern, objects)
        view = resolve(path.partition("?")[0]).func
        name = getattr(view, "view_class", view)
        if name not in known and not is_left_out(pattern) and pattern != "admin/failwhale/":
            known.add(name)
            yield path


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_editor_gets_no_fault_for_what_was_sent(
    clients: dict[str, Client], objects: dict[str, Any], sent: dict[str, str]
) -> None:
    owner = clients["owner"]
    query = urlencode({name: value[:200] for name, value in sent.items()})
    found = []
    for path in paths(objects):
        cookies, savepoint = owner.cookies.copy(), transaction.savepoint()
        answers = {
            "GET": owner.get(f"{path.partition('?')[0]}?{query}"),
            "POST": owner.post(path, sent),
            "JSON": owner.post(path, sent, content_type="application/json"),
        }
        transaction.savepoint_rollback(savepoint)
        owner.cookies = cookies  # a form may sign somebody out
        for method, answer in answers.items():
            policy = answer.get("Cache-Control", "")
            if answer.status_code >= 500:
                found.append(f"{method} {path}: {answer.status_code}")
            if "no-store" not in policy and "private" not in policy:
                found.append(f"{method} {path}: {policy or 'no Cache-Control'}")
            if answer.status_code == 405 and not answer.content:
                found.append(f"{method} {path}: an empty page")
    assert found == []
