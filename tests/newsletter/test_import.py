"""The VA brings the subscribers along whom she has elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter import importing
from newsletter.models import ErasedAddress, Subscriber, SubscriberImport
from tests.conftest import SmallSite

PATH = "/admin/subscribers/import/"
CONSENT = {"consented": "on", "source": "Double opt-in by Mailchimp"}


def upload(va: Client, content: str | bytes, name: str = "list.csv") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return va.post(PATH, {"file": SimpleUploadedFile(name, raw)})


def known(email: str, status: str = "confirmed") -> Subscriber:
    return Subscriber.objects.create(email=email, email_key=email, status=status)


MAILCHIMP = """"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,TAGS
ada@example.com,Ada,Lovelace,2,"2021-03-01 10:00:00","""
MAILPOET = """Email,First name,Last name,Global status
ada@example.com,Ada,Lovelace,subscribed
gone@example.com,Bob,,unsubscribed"""
SUBSTACK = """Email,Name,Email disabled,Created at
ada@example.com,Ada Lovelace,false,2021-03-01
gone@example.com,,true,2021-03-01"""
LISTMONK = """uuid,email,name,attributes,status,created_at
1,ada@example.com,Ada Lovelace,"{""city"": ""Malvern""}",enabled,2021
2,gone@example.com,,{},blocklisted,2021"""
EXCEL = "Name;E-Mail\r\nAda Lovelace;ada@example.com\r\n".encode("cp1252")


@pytest.mark.parametrize(
    "content",
    [
        MAILCHIMP,
        MAILPOET,
        SUBSTACK,
        LISTMONK,
        EXCEL,
        "\ufeffEmail\tName\nada@example.com\tAda Lovelace",
    ],
    ids=["Mailchimp", "MailPoet", "Substack", "listmonk", "Excel", "tabs and a BOM"],
)
def test_it_works(
    va: Client, site: SmallSite, work: Callable[[], None], content: str | bytes
) -> None:
    preview = upload(va, content)
    assert preview.status_code == 302
    assert "Take in 1 new subscriber<" in va.get(preview["Location"]).text
    assert not Subscriber.objects.exists()  # she has only looked
    va.post(preview["Location"], CONSENT)
    work()
    ada = Subscriber.objects.get()
    assert (ada.email, ada.status, ada.name) == ("ada@example.com", "confirmed", "Ada Lovelace")
    event = ada.events.get()
    assert event.words == "Double opt-in by Mailchimp"
    assert event.user is not None
    assert "all taken in" in va.get(preview["Location"]).text
    assert SubscriberImport.objects.get().text == ""  # the addresses are kept once


def test_nobody_comes_back_who_left(va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    for status in ("unsubscribed", "blocked", "bounced", "complained", "confirmed"):
        known(f"{status}@example.com", status)
    ErasedAddress.keep(["erased@example.com"])
    names = ["UNSUBSCRIBED", "blocked", "bounced", "complained", "confirmed", "erased", "new"]
    preview = upload(va, "email\n" + "\n".join(f"{name}@example.com" for name in names))
    page = va.get(preview["Location"]).text
    assert "they stay so</dt><dd>5</dd>" in page
    assert "On your list already</dt><dd>1</dd>" in page
    va.post(preview["Location"], CONSENT)
    work()
    states = dict(Subscriber.objects.values_list("email_key", "status"))
    assert states.pop("new@example.com") == "confirmed"
    assert all(key == f"{status}@example.com" for key, status in states.items())


def test_each_faulty_row_is_named_with_its_line(va: Client, site: SmallSite) -> None:
    preview = upload(
        va,
        'email,name\nada@example.com,"two\nlines"\nnobody,X\n,Y\nADA@example.com,Z\n\n'
        f"{'x' * 250}@example.com,\n",
    )
    page = va.get(preview["Location"]).text
    assert "Line 4: “nobody” is no e-mail address." in page
    assert "Line 5: It has no address." in page
    assert "Line 6: The address stands further up already." in page
    assert "Line 8: " in page
    assert "Faulty</dt><dd>4</dd>" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name\nAda", "No column is called “Email”"),
        ("email\n", "The file has no rows"),
        (b"PK\x03\x04\x00\x00", "This is no CSV file"),
        (b"", "The submitted file is empty"),
        ("email\n" + "x" * 200_000, "can’t be read"),
    ],
    ids=["no addresses", "no rows", "an Excel file", "empty", "a huge cell"],
)
def test_what_is_no_list_is_named(
    va: Client, site: SmallSite, content: str | bytes, words: str
) -> None:
    answer = upload(va, content)
    assert answer.status_code == 422
    assert words in answer.text


def test_nothing_is_taken_in_without_consent(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    preview = upload(va, "email\nada@example.com")
    answer = va.post(preview["Location"], {"source": "Typed off a wall"})
    assert answer.status_code == 422
    assert "Without their consent" in answer.text
    assert "Typed off a wall" in answer.text
    work()
    assert not Subscriber.objects.exists()


def test_it_goes_on_where_it_was_broken_off(
    va: Client, site: SmallSite, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PORTION", 10)
    lines = [f"r{number}@example.com" for number in range(35)]
    preview = upload(va, "\n".join(["email", *lines, lines[0]]))
    va.post(preview["Location"], CONSENT)
    add = importing.add

    def fail(rows: Any, source: Any) -> None:
        if source.rows_done == 20:
            raise KeyboardInterrupt
        add(rows, source)

    monkeypatch.setattr(importing, "add", fail)
    found = SubscriberImport.objects.get()
    with pytest.raises(KeyboardInterrupt):
        importing.take_in(found.pk)
    assert Subscriber.objects.count() == 20
    assert "20 of 36 rows" in va.get(preview["Location"]).text
    monkeypatch.setattr(importing, "add", add)
    assert importing.take_in(found.pk) == 35
    assert sorted(Subscriber.objects.values_list("email", flat=True)) == sorted(lines)
    found.refresh_from_db()
    assert found.counts == {"new": 35, "faulty": 1}
    assert importing.take_in(found.pk) == 0  # twice is as good as once
    assert set(Subscriber.objects.values_list("events__text", flat=True)) == {
        "Imported from list.csv"
    }


def test_a_stranger_cannot_see_it(client: Client, site: SmallSite) -> None:
    assert client.get(PATH).status_code == 302
