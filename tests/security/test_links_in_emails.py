"""What opens a link before its reader does (mail scanners, previews) changes nothing by it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.test import Client

from newsletter.models import Comment, Follow, Subscriber
from newsletter.tokens import signed_url
from tests.conftest import SmallSite
from tests.home.test_your_data import ask

PERSON = "hannah@example.com"


def stored() -> Iterator[tuple[object, ...]]:
    """Return all that the site knows of people and of what they wrote."""
    for label in ("contact", "newsletter", "mail"):
        for model in apps.get_app_config(label).get_models():
            for row in model._default_manager.order_by("pk").values_list():
                yield (model.__name__, *row)


@pytest.fixture
def links(client: Client, site: SmallSite) -> dict[str, str]:
    """Each kind of link that an email to a stranger or to the owner may hold."""
    client.post("/newsletter/subscribe/", {"email": PERSON})
    client.post("/contact/", {"name": "Hannah", "email": PERSON, "message": "My diary?"})
    words = {"name": "Hannah", "email": PERSON, "comment": "Well said."}
    client.post(f"/comments/{site.post.pk}/", words)
    comment, subscriber = Comment.objects.get(), Subscriber.objects.get()
    follow = Follow.objects.create(thread=comment, email=PERSON)
    urls = {
        "confirm": subscriber.confirm_url,
        "unsubscribe": subscriber.unsubscribe_url,
        "preferences": subscriber.preferences_url,
        "moderate": signed_url("moderate", comment.pk),
        "follow": follow.confirm_url,
        "unfollow": follow.end_url,
    }
    paths = {kind: urlsplit(url).path for kind, url in urls.items()}
    return paths | {"your data": ask(client)}


@pytest.mark.parametrize(
    ("kind", "pressed"),
    [
        ("confirm", {}),
        ("unsubscribe", {}),
        ("preferences", {"name": "Hannah", "rhythm": "weekly"}),
        ("moderate", {"status": "approved"}),
        ("follow", {}),
        ("unfollow", {}),
        ("your data", {}),
    ],
)
def test_link_that_a_scanner_opens_does_nothing_until_its_reader_presses(
    client: Client, links: dict[str, str], kind: str, pressed: dict[str, str]
) -> None:
    path, before = links[kind], list(stored())
    for headers in ({}, {"Sec-Purpose": "prefetch;prerender"}):
        assert client.get(path, headers=headers).status_code == 200
    assert client.head(path).status_code == 200
    assert client.options(path).status_code == 405
    assert list(stored()) == before
    assert client.post(path, pressed).status_code in {200, 303}
    assert list(stored()) != before
