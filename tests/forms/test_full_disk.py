"""A disk with no room for an upload costs nobody what they typed."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contact.models import Enquiry
from tests.conftest import SmallSite, picture_bytes
from tests.contact.test_own_form import MESSAGE, PDF, ask
from vasite.content.models import SiteImage

LARGE = 4 * 1024 * 1024  # bytes, more than Django keeps in memory
ROOM = 1024 * 1024


@contextmanager
def disk_without_room() -> Iterator[None]:
    """Let the system refuse every file that grows beyond ROOM, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [LARGE, ROOM * 3], ids=["4 MB", "3 MB"])
def test_visitor_whose_file_finds_no_room_gets_every_word_back(
    client: Client, site: SmallSite, size: int
) -> None:
    ask(site, "question", "file")
    brief = SimpleUploadedFile("brief.pdf", PDF + bytes(size))
    typed = MESSAGE | {"question-question": "A friend <told> me"}
    with disk_without_room():
        answer = client.post("/contact/", typed | {"question-file": brief})
    assert answer.status_code == 503
    for words in (*MESSAGE.values(), "A friend &lt;told&gt; me", "brief.pdf", "Send it again"):
        assert words in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert not Enquiry.objects.exists()
    assert client.post("/contact/", typed).status_code == 303


def test_visitor_whose_small_file_fits_is_thanked(client: Client, site: SmallSite) -> None:
    ask(site, "file")
    brief = SimpleUploadedFile("brief.pdf", PDF + bytes(30_000))
    with disk_without_room():
        answer = client.post("/contact/", MESSAGE | {"question-file": brief})
    assert answer.status_code == 303
    assert Enquiry.objects.get().files.count() == 1


@pytest.mark.parametrize("path", ["/contact/", "/newsletter/subscribe/", "/privacy/your-data/"])
def test_a_file_that_no_form_asks_for_takes_no_room(
    client: Client, site: SmallSite, path: str
) -> None:
    stray = SimpleUploadedFile("stray.pdf", bytes(LARGE))
    with disk_without_room():
        answer = client.post(path, MESSAGE | {"stray": stray})
    assert answer.status_code == 303


def test_owner_whose_image_finds_no_room_keeps_what_was_typed(va: Client, site: SmallSite) -> None:
    image = picture_bytes((800, 600), "PNG") + bytes(LARGE)
    form = {
        "title": "Desk by the window",
        "description": "A desk with a lamp",
        "file": SimpleUploadedFile("desk.png", image, "image/png"),
    }
    with disk_without_room():
        answer = va.post("/admin/images/add/", form)
    assert answer.status_code == 503
    for words in ("Desk by the window", "A desk with a lamp", "desk.png", "Save it again"):
        assert words in answer.text
    assert 'action="/admin/images/add/"' in answer.text
    assert not SiteImage.objects.exists()


def test_a_password_is_never_written_into_a_page(client: Client, site: SmallSite) -> None:
    stray = SimpleUploadedFile("stray.pdf", bytes(LARGE))
    with disk_without_room():
        answer = client.post(
            "/admin/login/", {"username": "ada", "password": "very secret", "stray": stray}
        )
    assert "very secret" not in answer.text
