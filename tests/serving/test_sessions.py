"""A session that ends costs no word."""

from __future__ import annotations

import html
import json
import re

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client

from blog.models import Category
from tests.conftest import SmallSite

FIELDS = {
    "title": "On trust",
    "slug": "on-trust",
    "introduction": "Typed “after” the <b>session</b> had ended",
    "body-count": "0",
}


@pytest.fixture
def edit_url(site: SmallSite) -> str:
    return f"/admin/pages/{site.post.pk}/edit/"


@pytest.fixture
def owner(django_user_model, db: None) -> None:
    django_user_model.objects.create_superuser("eleanor", "e@example.com", "a long password")


def kept_in(page: str) -> str:
    found = re.search(r'name="kept_fields" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_what_is_sent_after_the_session_has_ended_is_saved_after_signing_in(
    owner: None, edit_url: str, site: SmallSite
) -> None:
    client = Client(enforce_csrf_checks=True)
    here = {"Origin": "http://testserver"}
    answer = client.post(edit_url, FIELDS, headers=here)
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "no-store, private"
    assert "Nothing that you typed is lost" in answer.text
    sign_in = {"username": "eleanor", "kept_fields": kept_in(answer.text)}
    answer = client.post(edit_url, sign_in | {"password": "wrong"}, headers=here)
    assert answer.status_code == 403
    sign_in["kept_fields"] = kept_in(answer.text)
    answer = client.post(edit_url, sign_in | {"password": "a long password"}, headers=here)
    assert answer.status_code == 302
    assert html.escape(FIELDS["introduction"]) in client.get(edit_url).text


def test_too_many_wrong_passwords_keep_what_was_typed(
    owner: None, edit_url: str, site: SmallSite
) -> None:
    client = Client()
    sign_in = {"username": "eleanor", "password": "wrong"}
    kept = kept_in(client.post(edit_url, FIELDS).text)
    for _ in range(6):
        answer = client.post(edit_url, sign_in | {"kept_fields": kept})
        kept = kept_in(answer.text)
    assert "wrong password too often" in answer.text
    assert FIELDS["introduction"] in str(json.loads(kept))


def test_another_sites_form_is_not_kept_for_whoever_signs_in(
    owner: None, edit_url: str, site: SmallSite
) -> None:
    answer = Client().post(edit_url, FIELDS, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_a_stale_token_is_no_matter_where_the_browser_says_that_the_form_is_ours(
    owner: None, edit_url: str, site: SmallSite
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.get())
    stale = FIELDS | {"csrfmiddlewaretoken": "x" * 64}
    for headers, status in (
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": "http://testserver"}, 302),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ):
        assert client.post(edit_url, stale, headers=headers).status_code == status, headers


def test_a_browser_that_says_nothing_gets_the_form_back_with_a_fresh_token(
    owner: None, edit_url: str, site: SmallSite
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.get())
    answer = client.post(edit_url, FIELDS | {"csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403
    assert f'value="{html.escape(FIELDS["introduction"])}"' in answer.text
    fresh = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.text)
    assert fresh
    answer = client.post(edit_url, FIELDS | {"csrfmiddlewaretoken": fresh[1]})
    assert answer.status_code == 302
    assert html.escape(FIELDS["introduction"]) in client.get(edit_url).text


def test_a_script_is_told_that_the_session_has_ended(edit_url: str, site: SmallSite) -> None:
    answer = Client().post(edit_url, FIELDS, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "signed_out")


def test_the_dialog_signs_in(owner: None, site: SmallSite) -> None:
    client = Client()
    assert not client.get("/admin/session/").json()["is_signed_in"]
    wrong = client.post("/admin/session/", {"username": "eleanor", "password": "no"}).json()
    assert (wrong["is_signed_in"], "didn't match" in wrong["error"]) == (False, True)
    right = {"username": "eleanor", "password": "a long password"}
    assert client.post("/admin/session/", right).json()["is_signed_in"]
    assert client.get("/admin/").status_code == 200


def test_who_writes_every_day_is_never_signed_out(owner: None, site: SmallSite) -> None:
    client = Client()
    with time_machine.travel("2027-01-04T09:00Z", tick=False) as clock:
        fields = {"username": "eleanor", "password": "a long password", "remember": "on"}
        client.post("/admin/login/", fields)
        for _ in range(40):
            clock.shift(86_400)
            assert client.get("/admin/").status_code == 200
        clock.shift(15 * 86_400)
        assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("kept", "name"),
    [
        (r'[["name", "A\ud800d\u0000a\u0002"], ["slug", "a\udfffda"]]', "Ada"),
        (r'[["na\ud800me", "Ada"], ["slug", "ada"]]', "Ada"),
        ("[" * 9999 + "]" * 9999, None),
        (f'[["name", {"[" * 9999}{"]" * 9999}]]', None),
        (f'[["name", {"9" * 5000}]]', None),
    ],
    ids=["characters", "in a name", "lists in lists", "in a value", "a long number"],
)
def test_what_was_kept_is_cleaned_like_every_other_form(
    owner: None, site: SmallSite, kept: str, name: str | None
) -> None:
    sign_in = {"username": "eleanor", "password": "a long password", "kept_fields": kept}
    answer = Client().post("/admin/categories/add/", sign_in)
    assert answer.status_code == (302 if name else 200)  # saved, or the form once more
    assert Category.objects.filter(name=name, slug="ada").exists() is bool(name)
