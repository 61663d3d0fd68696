"""Whatever a program sends to a form: it is stored but for control characters, or refused by a page
that says why."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact.models import Enquiry
from newsletter.models import Comment
from tests.conftest import SmallSite
from vasite.characters import clean_text

FORM = "application/x-www-form-urlencoded"
ANY_TEXT = st.text(max_size=300)  # every plane, without lone surrogates
often = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def check(answer: Any) -> bool:
    """Whether a form was thanked for; anything else is a page with a heading."""
    if answer.status_code == 303:
        return True
    assert 400 <= answer.status_code < 500, answer.status_code
    assert "<h1" in answer.text
    return False


def as_line(text: str) -> str:
    """What a field of one line keeps of it: line ends become blanks."""
    return " ".join(clean_text(text).split())


@often
@given(name=ANY_TEXT, phone=ANY_TEXT, message=ANY_TEXT)
def test_an_enquiry_is_stored_as_it_was_sent(
    client: Client, site: SmallSite, name: str, phone: str, message: str
) -> None:
    Enquiry.objects.all().delete()
    fields = {"name": name, "email": "hannah@example.com", "phone": phone, "message": message}
    if check(client.post("/contact/", urlencode(fields), content_type=FORM)):
        enquiry = Enquiry.objects.get()
        kept = (enquiry.name, enquiry.phone, enquiry.message)
        assert kept == (as_line(name), as_line(phone), clean_text(message).strip())
    else:
        assert not Enquiry.objects.exists()


@often
@given(name=ANY_TEXT, comment=ANY_TEXT, parent=ANY_TEXT)
def test_a_comment_is_stored_as_it_was_sent(
    client: Client, site: SmallSite, name: str, comment: str, parent: str
) -> None:
    Comment.objects.all().delete()
    fields = {"name": name, "email": "hannah@example.com", "comment": comment, "parent": parent}
    address = f"/comments/{site.post.pk}/"
    if check(client.post(address, urlencode(fields), content_type=FORM)):
        kept = Comment.objects.get()
        assert (kept.name, kept.comment) == (as_line(name), clean_text(comment).strip())
    else:
        assert not Comment.objects.exists()


@often
@given(message=st.binary(max_size=200))
def test_bytes_that_are_no_text_are_not_taken_for_it(
    client: Client, site: SmallSite, message: bytes
) -> None:
    Enquiry.objects.all().delete()
    body = f"name=Hannah&email=hannah%40example.com&message={quote_from_bytes(message)}"
    if check(client.post("/contact/", body, content_type=FORM)):
        assert Enquiry.objects.get().message == clean_text(message.decode()).strip()


@often
@given(
    fields=st.lists(
        st.tuples(st.sampled_from(["name", "email", "message"]) | st.text(), ANY_TEXT),
        max_size=30,
    )
)
def test_fields_may_be_missing_repeated_or_unknown(
    client: Client, site: SmallSite, fields: list[tuple[str, str]]
) -> None:
    for address in ("/contact/", f"/comments/{site.post.pk}/", "/newsletter/subscribe/"):
        check(client.post(address, urlencode(fields), content_type=FORM))


@often
@given(
    kind=st.sampled_from(
        [
            *("", "text/plain", "application/json", "multipart/form-data", "image/png"),
            *("multipart/form-data; boundary=x", f"{FORM}; charset=utf-16", f"{FORM}; charset=no"),
        ]
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    body=st.binary(max_size=400),
)
def test_a_body_of_any_type_is_answered(
    client: Client, site: SmallSite, kind: str, body: bytes
) -> None:
    check(client.generic("POST", "/contact/", body, kind))


MESSAGE = {"name": "Hannah", "email": "hannah@example.com", "message": "Mail?"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"message": "x" * 100_000}, 422, id="100,000 letters"),
        pytest.param({"message": "\ufeffHello"}, 303, id="byte order mark"),
        pytest.param({"message": "🙂𝔘\U000e0001\U0010fffd"}, 303, id="high planes"),
        pytest.param({"message": ["One", "Two"]}, 303, id="repeated field"),
        pytest.param({f"more-{number}": "x" for number in range(1000)}, 303, id="1,000 fields"),
        pytest.param({f"more-{number}": "x" for number in range(11_000)}, 400, id="11,000 fields"),
        pytest.param({"message": "x" * 3_000_000}, 400, id="3 MB of text"),
    ],
)
def test_the_large_and_the_strange(
    client: Client, site: SmallSite, changes: dict[str, Any], status: int
) -> None:
    body = urlencode(MESSAGE | changes, doseq=True)
    answer = client.post("/contact/", body, content_type=FORM)
    assert answer.status_code == status
    assert check(answer) == (status == 303)


def test_a_file_where_text_is_due_is_no_text(client: Client, site: SmallSite) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = client.post("/contact/", MESSAGE | {"message": SimpleUploadedFile("a.txt", b"Mail?")})
    assert answer.status_code == 422
    assert "Write a few words about what you need." in answer.text
