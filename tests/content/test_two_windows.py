"""The owner has the same settings open in two windows and saves both."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import Client
from wagtail.test.utils.form_data import querydict_from_html

from blog.models import Category
from contact.models import SavedReply
from newsletter.models import Comment
from tests.conftest import SmallSite
from vasite.forms.models import SpamSettings

SPAM = "/admin/settings/forms/spamsettings/{}/"


def opened(va: Client, url: str) -> QueryDict:
    return querydict_from_html(va.get(url).text, form_id="w-editor-form")


def save(va: Client, url: str, window: QueryDict, **typed: str) -> str:
    """Press Save in a window and return the page that comes."""
    for name, text in typed.items():
        window[name] = text
    return va.post(url, window, follow=True).text


def test_what_one_window_saved_outlives_the_saving_of_another(va: Client, site: SmallSite) -> None:
    url = SPAM.format(SpamSettings.load().pk)
    one, other = opened(va, url), opened(va, url)
    assert "updated" in save(va, url, one, held_words="casino")
    assert "updated" in save(va, url, other, keep_spam_days="60")
    assert (SpamSettings.load().held_words, SpamSettings.load().keep_spam_days) == ("casino", 60)


def test_a_field_that_both_changed_is_asked_about_once(va: Client, site: SmallSite) -> None:
    url = SPAM.format(SpamSettings.load().pk)
    one, other = opened(va, url), opened(va, url)
    save(va, url, one, held_words="casino", keep_spam_days="60")
    page = save(va, url, other, held_words="lottery")
    assert "It is “casino” there." in page
    assert SpamSettings.load().held_words == "casino"
    again = querydict_from_html(page, form_id="w-editor-form")
    assert again["held_words"].strip() == "lottery"
    assert "updated" in save(va, url, again)
    assert (SpamSettings.load().held_words, SpamSettings.load().keep_spam_days) == ("lottery", 60)


@pytest.mark.parametrize("kind", ["saved reply", "category"])
def test_so_does_a_text_that_is_used_again(va: Client, site: SmallSite, kind: str) -> None:
    if kind == "saved reply":
        entry = SavedReply.objects.create(title="Prices", text="Hello {name}")
        url, field = f"/admin/snippets/contact/savedreply/edit/{entry.pk}/", "text"
    else:
        entry = Category.objects.create(name="Time", slug="time", introduction="About hours")
        url, field = f"/admin/categories/edit/{entry.pk}/", "introduction"
    one, other = opened(va, url), opened(va, url)
    save(va, url, one, **{field: "Written in one window"})
    assert "It is “Written in one window” there." in save(va, url, other, **{field: "In another"})
    entry.refresh_from_db()
    assert getattr(entry, field) == "Written in one window"


def test_a_comment_marked_as_spam_elsewhere_stays_spam_when_its_words_are_changed(
    va: Client, site: SmallSite
) -> None:
    words = {"name": "Priya", "email": "priya@example.com", "comment": "Well said."}
    Client().post(f"/comments/{site.post.pk}/", words)
    comment = Comment.objects.get()
    Comment.objects.update(status="approved")
    url = f"/admin/comments/edit/{comment.pk}/"
    window = opened(va, url)
    va.post(f"/admin/comments/{comment.pk}/decide/", {"status": "spam"})
    save(va, url, window, comment="Well put.")
    comment.refresh_from_db()
    assert (comment.status, comment.comment) == ("spam", "Well put.")
