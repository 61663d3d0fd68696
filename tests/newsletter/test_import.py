"""The VA brings the subscribers along whom she has elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from blog.models import Category
from newsletter import importing
from newsletter.importing import PORTION
from newsletter.models import ErasedAddress, Subscriber, SubscriberImport
from newsletter.subscribing import keep_preferences
from newsletter.tasks import take_in
from tests.conftest import SmallSite
from tests.refusing import refused
from vasite.forms.erasing import erase_person
from vasite.serving.models import TaskFault
from vasite.serving.queue import enqueue_once

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
        ("name,town\nAda,Malvern", "No column holds email addresses"),
        ("name,town\nAda,Malvern", "“name”, “town”"),
        ("email\n", "The file has no rows"),
        (b"PK\x03\x04\x00\x00", "This is no CSV file"),
        (b"", "The submitted file is empty"),
    ],
    ids=["no addresses", "its columns", "no rows", "an Excel file", "empty"],
)
def test_what_is_no_list_is_named(
    va: Client, site: SmallSite, content: str | bytes, words: str
) -> None:
    answer = upload(va, content)
    assert answer.status_code == 422
    assert words in answer.text


def taken_in(va: Client, work: Callable[[], None], content: str | bytes, **ticked: Any) -> Any:
    """Upload a file, take it in, and return the subscribers' states by address."""
    preview = upload(va, content)
    assert preview.status_code == 302, preview.text
    va.post(preview["Location"], CONSENT | ticked)
    work()
    return dict(Subscriber.objects.values_list("email", "status"))


@pytest.mark.parametrize(
    "word",
    [
        *("opted out", "spam", "hard bounce", "not confirmed", "blacklisted", "removed", "junk"),
        *("suppressed", "optout", "false", "0", "Désabonné", "cancelled", "invalid", "blocked"),
        *("transactional", "held", "Unsubscribed ", "CLEANED", "???", "gone fishing", "", "2"),
    ],
)
def test_a_word_that_may_mean_no_subscribes_nobody(
    va: Client, site: SmallSite, work: Callable[[], None], word: str
) -> None:
    content = f"email,status\ngone@example.com,{word}\nada@example.com,subscribed\n"
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize(
    ("heading", "no", "yes"),
    [
        ("EMAIL_BLACKLISTED", "yes", "no"),
        ("subscribed_to_emails", "false", "true"),
        ("UNSUB_TIME", "2024-01-01", ""),
        ("Unsubscribed at", "03/04/2024 10:00", ""),
        ("email_disabled", "1", "0"),
        ("Email Marketing Consent", "no", "yes"),
        ("Accepts Marketing", "No", "Yes"),
        ("Opt-out", "TRUE", "FALSE"),
        ("Opted In", "N", "Y"),
        ("Hard bounced", "x", ""),
        ("Complained", "2023-05-05 10:00:00", ""),
        ("isBlocked", "1", "0"),
        ("Abonnement status", "abgemeldet", "active"),
        ("List Status", "Unsubscribed", "Active"),
        ("GDPR permission", "", "yes"),
        ("Newsletter", "perhaps", "ja"),
        ("Withdrawn at", "2024-01-01", ""),
        ("revoked_on", "2024-05-05", ""),
        ("Cancelled", "yes", "no"),
        ("Left the list", "May 2024", ""),
        ("Stopped", "x", ""),
        ("Churned on", "2024-01-02", ""),
        ("Expired at", "2 January 2024", ""),
        ("Until", "2024", ""),
        ("Austrittsdatum", "02.01.2024", ""),
        ("Kündigungsdatum", "02.01.24", ""),
        ("Data końca", "20240102", ""),
        ("Failed", "550 no such user", ""),
        ("confirmed_at", "", "2024-01-02 10:00:00"),
        ("CONFIRM_TIME", "0000-00-00 00:00:00", "2024-01-02 10:00:00"),
        ("Date de confirmation", "", "02/01/2024 10:00"),
        ("Bestätigt am", "", "02.01.2024 10:00"),
        ("Consent date", "NULL", "1704153600"),
        ("email_verified_at", "0", "2024-01-02"),
        ("Verified", "false", "true"),
        ("On Hold", "1", "0"),
        ("Subscriber type", "spammy", "regular"),
        ("unsubscribed_at", "2024-01-02 10:00:00", "0000-00-00 00:00:00"),
    ],
)
def test_a_column_that_looks_like_consent_is_read_as_one(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, no: str, yes: str
) -> None:
    content = f"Email,Name,{heading}\ngone@example.com,Bob,{no}\nada@example.com,Ada,{yes}\n"
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize("words", [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")])
@pytest.mark.parametrize("between", [0, PORTION])
def test_who_left_in_one_row_of_a_file_is_subscribed_by_no_other(
    va: Client, site: SmallSite, work: Callable[[], None], words: tuple[str, str], between: int
) -> None:
    others = "".join(f"reader{number}@example.com,unsubscribed\n" for number in range(between))
    first, last = (f"ada@example.com,{word}\n" for word in words)
    content = f"email,status\n{first}{others}{last}bob@example.com,subscribed\n"
    assert taken_in(va, work, content) == {"bob@example.com": "confirmed"}


@pytest.mark.parametrize(
    "row",
    [
        'ada@example.com,"Ada,unsubscribed',
        '"ada@example.com,unsubscribed',
        "(ada@example.com and her sister),,unsubscribed",
        ",ada@example.com,unsubscribed",
        f'"mailto:Ada@Example.com",{"x" * 140_000},unsubscribed',
        f"ada@example.com{',' * 1001}opted out",
        'ada@example.com,"Ada,abgemeldet',
    ],
    ids=["name", "address", "two in a cell", "other column", "long cell", "cells", "German"],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_who_left_in_a_row_that_cannot_be_read_is_subscribed_by_no_other(
    va: Client, site: SmallSite, work: Callable[[], None], row: str, is_first: bool
) -> None:
    whole = "ada@example.com,Ada,subscribed\n"
    rows = f"{row}\n{whole}" if is_first else f"{whole}{row}\n"
    content = f"email,name,status\n{rows}bob@example.com,Bob,subscribed\n"
    assert taken_in(va, work, content) == {"bob@example.com": "confirmed"}
    assert SubscriberImport.objects.get().counts["left there"] == 1


@pytest.mark.parametrize(
    "rows",
    [
        'ada@example.com,"Ada\nLovelace,unsubscribed\nada@example.com,Ada,subscribed\n',
        "ada@example.com,Ada,subscribed\nada@example.com,Ada,poistettu\n",
    ],
    ids=["on the next line", "in Finnish"],
)
def test_the_owner_is_asked_where_another_row_of_the_address_may_say_that_somebody_left(
    va: Client, site: SmallSite, work: Callable[[], None], rows: str
) -> None:
    content = f"email,name,status\n{rows}bob@example.com,Bob,subscribed\n"
    assert taken_in(va, work, content) == {"bob@example.com": "confirmed"}
    assert SubscriberImport.objects.get().counts["unclear"] == 1


def test_who_left_in_one_row_of_the_sites_own_export_is_subscribed_by_no_other(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = (
        "E-mail,Name,Status,Asked,Confirmed,Unsubscribed\n"
        "ada@example.com,Ada,confirmed,,,\nada@example.com,Ada,unsubscribed,,,\n"
        "bob@example.com,Bob,blocked,,,\n"
    )
    assert taken_in(va, work, content) == {"bob@example.com": "blocked"}


def test_the_owner_is_told_of_a_reader_who_left_where_the_file_comes_from(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    known("ada@example.com")
    content = "email,status\nada@example.com,unsubscribed\nbob@example.com,subscribed\n"
    page = va.get(upload(va, content)["Location"]).text
    assert "Line 2: ada@example.com has left where the file comes from" in page


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("active_subscription,email_disabled,digest_enabled", "false,false,false"),
        ("Accepts Email Marketing,Accepts SMS Marketing", "yes,no"),
        ("SMS opt in", "no"),
        ("Paid subscription,Plan", "no,none"),
    ],
)
def test_what_is_said_of_a_paid_plan_or_another_way_costs_nobody(
    va: Client, site: SmallSite, work: Callable[[], None], headings: str, cells: str
) -> None:
    content = f"email,{headings}\nada@example.com,{cells}\n"
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize("heading", ["Subscribed", "Cancel date"])
def test_the_owner_is_asked_once_about_a_column_of_dates(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str
) -> None:
    rows = "".join(f"r{n}@example.com,2024-05-{n % 28 + 1:02d} 10:{n:02d}\n" for n in range(50))
    page = va.get(upload(va, f"Email,{heading}\n{rows}")["Location"]).text
    assert page.count('type="checkbox" name="accepted"') == 1
    assert "a date" in page


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("subscriber_type", "unactivated"),
        ("Note", "pending"),
        ("Type", "Unsubscribed"),
        ("List", "opted-out"),
        ("Result", "Hard bounce"),
        ("Tags", "vip; unsubscribed"),
        ("Comment", "Blacklisted,2024"),
    ],
)
def test_a_word_that_says_somebody_left_is_asked_about_in_any_column(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, word: str
) -> None:
    content = f'Email,Name,{heading}\ngone@example.com,Bob,"{word}"\nada@example.com,Ada,client\n'
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize("said", ["yes", "2024-01-02"])
def test_what_only_a_late_row_says_is_asked_about(
    va: Client, work: Callable[[], None], said: str
) -> None:
    rows = "".join(f"r{number}@example.com,\n" for number in range(60))
    subscribed = taken_in(va, work, f"email,gone\n{rows}late@example.com,{said}\n")
    assert "late@example.com" not in subscribed
    assert len(subscribed) == 60


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("Note", "Unsubscribed on 3 May"),
        ("Bemerkung", "hat sich im März abgemeldet"),
        ("Notes", "status: bounced (hard)"),
        ("Remarks", "Please do not email her again"),
        ("Tags", "vip / désabonné 2024"),
        ("Observaciones", "se dio de baja en enero"),
        ("Group", "former client, no longer subscribed"),
        ("Type", "Отписан"),
        ("List", "退订"),
        ("Comment", "no newsletter please"),
    ],
)
def test_a_telling_word_is_seen_among_others(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, word: str
) -> None:
    content = f'Email,Name,{heading}\ngone@example.com,Bob,"{word}"\nada@example.com,Ada,client\n'
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Статус", ("Активен", "Отписан")),
        ("Состояние подписки", ("да", "нет")),
        ("状态", ("已订阅", "已退订")),
        ("購読", ("はい", "いいえ")),
        ("Κατάσταση", ("ενεργός", "ανενεργός")),
        ("Tila", ("aktiivinen", "passiivinen")),
        ("Souhlas", ("ano", "ne")),
        ("Odhlášen", ("ne", "ano")),
        ("Inscrição", ("sim", "não")),
        ("Wants post", ("yes", "no")),
        ("Mag ik mailen", ("ja", "nee")),
        ("Xyz", ("1", "0")),
        ("Xyz", ("true", "")),
        ("Xyz", ("lively", "dormant")),
        ("Stufe", ("kalt", "warm")),
        ("Quejas", ("✓", "no")),
        ("Klachten", ("☑\ufe0f", "")),
        ("Goodbye", ("2024-01-02", "")),
        ("Salida", ("", "enero de 2024")),
        ("Gone", ("1704153600", "")),
        ("הסכמה", ("כן", "לא")),
    ],
)
def test_a_column_that_may_be_a_status_is_asked_about_and_never_taken_for_consent(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, values: tuple[str, str]
) -> None:
    rows = "".join(f"r{number}@example.com,R,{value}\n" for number, value in enumerate(values))
    content = f"Email,Name,{heading}\n{rows}"
    assert taken_in(va, work, content) == {}
    page = va.get(f"{PATH}{SubscriberImport.objects.get().pk}/").text
    assert "Left out unless you say below that they agreed" in page
    found = {value for _, value, _ in SubscriberImport.objects.get().unclear}
    assert found & set(values)


def test_who_never_confirmed_is_asked_about_unless_the_row_says_that_they_agreed(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = (
        "email,created_at,confirmed_at,optin_time,subscribed\n"
        "never@example.com,2024-01-02,,,\n"
        "one@example.com,2024-01-02,2024-01-02,,yes\n"
        "said@example.com,2024-01-02,,,yes\n"
    )
    assert set(taken_in(va, work, content)) == {"one@example.com", "said@example.com"}
    content = (
        "email,created_at,confirmed_at,optin_time\na@example.com,1.1.2024,,\nb@example.com,,,\n"
    )
    content += "c@example.com,1.1.2024,,1.1.2024\n"
    assert set(taken_in(va, work, content)) >= {"c@example.com"}
    assert SubscriberImport.objects.order_by("pk").last().unclear == [["confirmed_at", "", 2]]


@pytest.mark.parametrize(
    "title", ["My customers\n", "My customers;2024\n\n", "Exported,by us\nx\n"]
)
def test_a_title_above_the_headings_hides_no_column(
    va: Client, site: SmallSite, work: Callable[[], None], title: str
) -> None:
    content = f"{title}Email;Status\ngone@example.com;2\nada@example.com;subscribed\n"
    assert set(taken_in(va, work, content)) == {"ada@example.com"}
    assert SubscriberImport.objects.get().unclear == [["Status", "2", 1]]


def test_the_owner_says_what_a_column_in_another_language_means(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = "Email,Статус\na@example.com,Активен\nb@example.com,Активен\nc@example.com,Отписан\n"
    page = va.get(upload(va, content)["Location"]).text
    assert "Статус: “Активен” (2 people)" in page
    assert set(taken_in(va, work, content, accepted=["0"])) == {"a@example.com", "b@example.com"}


def test_yes_and_no_are_asked_about_in_a_list_without_headings(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    assert taken_in(va, work, "ada@example.com,Ada,yes\nbob@example.com,Bob,no\n") == {}


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("City", "Worcester"),
        ("Country", "UK"),
        ("Company", "Stop & Shop"),
        ("Address", "No. 5, Block 4, High Street"),
        ("Region", "Baja California"),
        ("Phone", "01632 960733"),
        ("Birthday", "03/05"),
        ("Language", "en"),
        ("Orders", "1"),
        ("Firma", "Köhler GmbH"),
        ("Город", "Москва"),
        ("Website", "https://example.com/"),
        ("Date", "2024-01-02"),
        ("Last order", "3 May 2024"),
        ("Signed up on", "2024-01-02 10:00"),
        ("Geburtsdatum", "01.02.1980"),
        ("Company", "none"),
        ("Phone", "-"),
        ("Country", "NO"),
        ("Middle initial", "Y"),
        ("Last login at", "NULL"),
        ("Contact phone", "none"),
        ("Favourite sentence", "Less is more, and more is less, they say."),
    ],
)
def test_a_column_about_something_else_costs_nobody(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, value: str
) -> None:
    content = f'Email,Name,{heading}\nada@example.com,Ada,"{value}"\n'
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize(
    ("left", "stayed", "asked"),
    [
        ("unsubscribed 2023", "subscribed 2021", "subscribed, a date"),
        ("Opted out 12/03/2024", "12/03/2021", "a date"),
        ("2023-01-02 unsubscribed", "3 May 2021", "a date"),
        ("abgemeldet 2023", "2021-03-01T10:00:00Z", "a date"),
        ("отписан 2023", "подписан 2021", "подписан, a date"),
    ],
)
@pytest.mark.parametrize("heading", ["status", "Tags"])
def test_a_tick_for_who_subscribed_on_a_date_takes_nobody_who_left_on_one(
    va: Client,
    site: SmallSite,
    work: Callable[[], None],
    heading: str,
    left: str,
    stayed: str,
    asked: str,
) -> None:
    content = f"email,{heading}\nleft@example.com,{left}\nada@example.com,{stayed}\n"
    upload(va, content)
    asked_about = SubscriberImport.objects.get().unclear
    ticked = [str(place) for place, entry in enumerate(asked_about) if entry[1] == asked]
    assert len(ticked) == 1 or heading == "Tags"
    assert taken_in(va, work, content, accepted=ticked) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize(
    "heading",
    [
        *("OK to contact", "May we contact you?", "Mailing list", "On list", "Member", "Contact"),
        *("Product updates", "Happy to hear from us at any time", "Interested", "Notes"),
        *(
            "OK to write to this address?",
            "Company mailing list",
            "May we send you our website news",
        ),
    ],
)
@pytest.mark.parametrize("values", [("no", "yes"), ("0", "1")])
def test_yes_and_no_are_asked_about_under_any_heading(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, values: tuple[str, str]
) -> None:
    rows = "".join(f"{value}@example.com,{value}\n" for value in values)
    assert taken_in(va, work, f"email,{heading}\n{rows}") == {}
    found = {(column, value) for column, value, _ in SubscriberImport.objects.get().unclear}
    assert found == {(heading, value) for value in values}


@pytest.mark.parametrize(
    ("heading", "gone", "here"),
    [
        *(("Lists", "none", "Newsletter"), ("Mailing list", "no", "Newsletter")),
        *(("Type", "former", "current"), ("Group", "lapsed", "clients"), ("Tags", "dnc", "vip")),
        *(("Notes", "take me off your list", "nice"), ("Note", "Please stop sending", "nice")),
        *(("Notes", "no more emails please", "nice"), ("Notes", "please don’t email me", "nice")),
        ("Comments", "not interested any more", "nice"),
    ],
)
def test_who_may_have_left_by_a_note_or_a_list_is_asked_about(
    va: Client, site: SmallSite, work: Callable[[], None], heading: str, gone: str, here: str
) -> None:
    content = f"email,{heading}\ngone@example.com,{gone}\nada@example.com,{here}\n"
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}
    assert SubscriberImport.objects.get().unclear == [[heading, gone, 1]]


@pytest.mark.parametrize(
    ("gone", "here"),
    [("paused", "active"), ("former", "active"), ("resting", "active"), ("asleep", "subscribed")],
)
def test_a_state_is_asked_about_in_a_list_without_headings(
    va: Client, site: SmallSite, work: Callable[[], None], gone: str, here: str
) -> None:
    states = taken_in(va, work, f"gone@example.com,Ann,{gone}\nada@example.com,Bob,{here}\n")
    assert "gone@example.com" not in states
    assert ["Column 3", gone, 1] in SubscriberImport.objects.get().unclear


def test_a_word_that_says_somebody_left_is_asked_about_in_a_list_without_headings(
    va: Client, site: SmallSite
) -> None:
    preview = upload(va, "ada@example.com,Ada,client\ngone@example.com,Bob,unsubscribed\n")
    page = va.get(preview["Location"]).text
    assert "Column 3" in page
    assert "Left out unless you say below that they agreed</dt><dd>2</dd>" in page


def test_the_owner_says_which_of_the_unclear_ones_agreed(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = "email,status\na@example.com,vip\nb@example.com,vip\nc@example.com,lapsed\n"
    page = va.get(upload(va, content)["Location"]).text
    assert "Status: “vip” (2 people)".casefold() in page.casefold()
    assert "Everyone else is left out." in page
    states = taken_in(va, work, content, accepted=["0"])
    assert set(states) == {"a@example.com", "b@example.com"}
    assert (
        "Left out unless you say below"
        in va.get(f"{PATH}{SubscriberImport.objects.last().pk}/").text
    )


def test_the_sites_own_export_comes_back_as_it_was(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    names = ["Ada", "-5", "=1+1", "@home", "+44", "'quoted", 'Jane "VA" Doe', "Ann, Lee", "Zoë"]
    states = [status for status in Subscriber.Status.values if status != "held"]  # no subscriber
    for number, status in enumerate([*states, "confirmed", "confirmed", "confirmed"]):
        subscriber = known(f"r{number}@example.com", status)
        subscriber.name, subscriber.confirmed_at = names[number], timezone.now()
        subscriber.save()
    fields = ("email", "email_key", "name", "status", "confirmed_at", "unsubscribed_at")
    for _ in range(2):
        before = sorted(map(str, Subscriber.objects.values_list(*fields)))
        export = va.get("/admin/subscribers/?export=csv").getvalue()
        Subscriber.objects.all().delete()
        taken_in(va, work, export)
        assert sorted(map(str, Subscriber.objects.values_list(*fields))) == before


@pytest.mark.parametrize("is_deleted", [False, True], ids=["kept", "deleted"])
def test_what_a_reader_chose_comes_back_with_the_sites_own_export(
    va: Client, site: SmallSite, work: Callable[[], None], is_deleted: bool
) -> None:
    diary, travel = (Category.objects.create(name=f"{n}, {n}", slug=n) for n in ("diary", "-go"))
    for name, rhythm, topics in (
        ("never", "letters", []),
        ("one", "weekly", [diary]),
        ("both", "each", [diary, travel]),
    ):
        reader = known(f"{name}@example.com")
        keep_preferences(reader, name="", rhythm=rhythm, topics=topics)

    def chosen() -> set[tuple[str, str, bool, str]]:
        return {
            (one.email, one.rhythm, one.has_chosen_topics, str(sorted(map(str, one.topics.all()))))
            for one in Subscriber.objects.all()
        }

    assert va.get("/admin/subscribers/?export=xlsx").status_code == 200
    export = va.get("/admin/subscribers/?export=csv").getvalue()
    if is_deleted:
        diary.delete()
    before = chosen()
    Subscriber.objects.all().delete()
    taken_in(va, work, export)
    assert chosen() == before
    assert (
        "one@example.com",
        "weekly",
        True,
        str([] if is_deleted else ["diary, diary"]),
    ) in before


def test_a_short_or_odd_row_of_the_sites_own_export_costs_no_other(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = (
        "Email,Name,Status,Asked,Confirmed,Unsubscribed\n"
        "a@example.com\n"
        "b@example.com,B,Confirmed,0001-01-01T00:00:00+14:00,9999-12-31T23:59:59-12:00\n"
        "c@example.com,C,Confirmed,2021-03-01 10:00:00,2021-03-01 10:05:00,\n"
        "d@example.com,D,Confirmed,2021-03-01,1 March,\n"
        "e@example.com,E,Unsubscribed,2021-03-01 10:00:00,,1 March\n"
    )
    assert taken_in(va, work, content) == {
        "c@example.com": Subscriber.Status.CONFIRMED,
        "e@example.com": Subscriber.Status.UNSUBSCRIBED,
    }
    found = SubscriberImport.objects.get()
    assert found.unclear == [["Status", "", 1]]
    assert [line for line, _ in found.faults] == [3, 5]
    assert "“1 March” is no date that this site writes" in found.faults[1][1]


def test_a_quotation_mark_that_nobody_closes_costs_its_own_line(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = (
        'email,name\na@example.com,"A\nb@example.com,B\nc@example.com,"C, D"\nd@example.com,"D\n'
    )
    assert set(taken_in(va, work, content)) == {"b@example.com", "c@example.com"}
    faults = SubscriberImport.objects.get().faults
    assert [line for line, _ in faults] == [2, 5]
    assert "opened and not closed" in faults[0][1]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_a_sign_that_ends_no_line_ends_no_row(
    va: Client, site: SmallSite, work: Callable[[], None], sign: str
) -> None:
    content = f"email,name\r\na@example.com,A{sign}B\r\nb@example.com,B\r\nnobody,C\r\n"
    assert set(taken_in(va, work, content)) == {"a@example.com", "b@example.com"}
    assert [line for line, _ in SubscriberImport.objects.get().faults] == [4]


@pytest.mark.parametrize(
    "content",
    [
        "E-Mail-Adresse;Vorname\nada@example.com;Ada\n",
        "Adresse e-mail,Nom\nada@example.com,Ada\n",
        "Correo electrónico,Nombre\nada@example.com,Ada\n",
        "Mail,Name\nada@example.com,Ada\n",
        "Name,E-mail 1 - Value\nAda,ada@example.com\n",
        "sep=;\r\nName;Email\r\nAda;ada@example.com\r\n",
        "\n\nName,Email\nAda,ada@example.com\n",
        'Name;"Email, private";"a,b,c,d"\nAda;ada@example.com;x\n',
        "Name|Email\nAda|ada@example.com\n",
        "Ada,ada@example.com\n",
        "Kontakt,Anschrift\nAda,ada@example.com\n",
        "Email\tName\nada@example.com\tAda\n".encode("utf-16"),
        "Email Type,Email Verified,Email\nhome,yes,ada@example.com\n",
        'Name,Email\r"Ada",ada@example.com\r'.replace('\\"', '"'),
    ],
    ids=range(14),
)
def test_a_list_is_read_however_its_columns_are_called(
    va: Client, site: SmallSite, work: Callable[[], None], content: str | bytes
) -> None:
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}


@pytest.mark.parametrize("first", ["ada@example,Ada", "Ada <ada@example.com>,Ada", "a@b@c.de,Ada"])
def test_a_first_row_with_a_wrong_address_is_no_heading(
    va: Client, site: SmallSite, work: Callable[[], None], first: str
) -> None:
    others = {"bob@example.com", "cyd@example.com"}
    taken = taken_in(va, work, "\n".join([first, *others]))
    assert taken.keys() - {"ada@example.com"} == others
    assert len(taken) + len(SubscriberImport.objects.get().faults) == 3


def test_a_heading_with_an_example_in_it_stays_one(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    content = "Your email (like you@example.com),Status\nada@example.com,unsubscribed\n"
    assert taken_in(va, work, content) == {}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('email, name, status\nada@example.com, "Day, Zoë", subscribed\n', "Day, Zoë"),
        ("email,name\rada@example.com,Zoë\r".encode("mac_roman"), "Zoë"),
        ("email,name\r\nada@example.com,Zoë\r\n".encode("cp1252"), "Zoë"),
    ],
    ids=["blanks before quotation marks", "an old Mac", "Windows"],
)
def test_a_name_is_read_as_it_was_written(
    va: Client, site: SmallSite, work: Callable[[], None], content: str | bytes, name: str
) -> None:
    assert taken_in(va, work, content) == {"ada@example.com": "confirmed"}
    assert Subscriber.objects.get().name == name


def test_one_bad_row_costs_no_other(va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    lines = ["email,name", "a@example.com,Zoë", f"b@example.com,{'x' * 200_000}", "c@example.com,"]
    content = "\n".join(lines).encode() + b"\xff\nd@example.com,D"
    assert set(taken_in(va, work, content)) == {"a@example.com", "c@example.com", "d@example.com"}
    assert Subscriber.objects.get(email="a@example.com").name == "Zoë"
    assert [line for line, _ in SubscriberImport.objects.get().faults] == [3]


def test_a_row_of_countless_cells_or_endless_lines_holds_nobody_up(
    va: Client, work: Callable[[], None]
) -> None:
    endless = f'"{"a" * 90_000}\n' * 20
    content = f"email,name\na@example.com{',' * 1_000_000}\n{endless}b@example.com,B\n"
    started = time.process_time()
    assert taken_in(va, work, content) == {"b@example.com": "confirmed"}
    assert time.process_time() - started < 5
    assert "It has too many cells." in str(SubscriberImport.objects.get().faults)


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
    found = SubscriberImport.objects.get()
    with refused(Subscriber, "NEW.email = 'r25@example.com'"), pytest.raises(IntegrityError):
        importing.take_in(found.pk)
    assert Subscriber.objects.count() == 20
    assert "20 of 36 rows" in va.get(preview["Location"]).text
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


def test_a_long_cell_on_two_lines_holds_nobody_up(va: Client, site: SmallSite) -> None:
    picture = "A" * 300_000  # in Base64: no blank, no comma
    began = time.process_time()
    assert upload(va, f'email,note\nada@example.com,"see\n{picture}"\n').status_code == 302
    assert time.process_time() - began < 10  # an hour, when each letter was looked at anew


@pytest.mark.parametrize(
    "heading",
    ["email,name\n", "", "Email,Name,Status,Asked,Confirmed,Unsubscribed\n"],
    ids=["with headings", "without", "our own export"],
)
@pytest.mark.parametrize("name", ["Ada", '"A name\non two lines"'], ids=["a line", "two lines"])
def test_nobody_is_lost_when_somebody_is_erased_during_an_import(
    va: Client, site: SmallSite, monkeypatch: pytest.MonkeyPatch, heading: str, name: str
) -> None:
    monkeypatch.setattr(importing, "PORTION", 1)
    addresses = [f"{name}@example.com" for name in ("ada", "bob", "cyd", "dan")]
    rows = [f"{address},{name},Confirmed,,,\n" for address in addresses]
    found = importing.read("list.csv", f"{heading}{''.join(rows)}".encode(), None)
    SubscriberImport.objects.update(status=SubscriberImport.Status.RUNNING)
    assert importing.take_in(found.pk, seconds=0) == 1
    erase_person("ada@example.com")
    for _ in addresses:
        importing.take_in(found.pk, seconds=0)
    assert set(Subscriber.objects.values_list("email", flat=True)) == set(addresses[1:])


@pytest.mark.parametrize(
    "content",
    [
        'Email,Name\ntom@example.com,Tom\nzelda@example.com,"Zelda\nQuux"\nann@example.com,Ann',
        'Email,Name\r\ntom@example.com,Tom\r\nzelda@example.com,"Zelda\r\nQuux"\r\n'
        "ann@example.com,Ann",
        'Name;Email\nTom;tom@example.com\n"Zelda\nQuux";zelda@example.com\nAnn;ann@example.com',
        "Tom,tom@example.com\nZelda Quux,zelda@example.com\nAnn,ann@example.com",
        "Ann,ann@example.com\nTom,tom@example.com\nZelda Quux,zelda@example.com\n"
        "Zelda,zelda@example.com",
        "Email,Name\nann@example.com,Ann\ntom@example.com,Tom\n"
        'zelda@example.com,"Zelda' + "\nQuux" * 12 + '"',
        "Email,Other,Name\nann@example.com,,Ann\nZelda Quux,zelda@example.com,Quux\n"
        "tom@example.com,,Tom",
        "For zelda@example.com,,\nEmail,Name\nann@example.com,Ann\ntom@example.com,Tom",
        "Email,Notes\nann@example.com,\ntom@example.com,\nzelda@example.com,Quux unsubscribed",
    ],
    ids=[
        *("a cell on two lines", "CRLF", "the name first", "no headings", "few without headings"),
        *("a cell on too many lines", "the address elsewhere", "the list's title", "a question"),
    ],
)
def test_nothing_of_an_erased_person_is_left_in_a_list_that_waits(
    va: Client, site: SmallSite, work: Callable[[], None], content: str
) -> None:
    preview = upload(va, content)["Location"]
    before = SubscriberImport.objects.get()
    assert "zelda@" in before.text
    erase_person("zelda@example.com")
    found = SubscriberImport.objects.get()
    assert not re.search("zelda@|quux", str([found.text, found.faults, found.unclear]), re.I)
    assert found.text.count("\n") == before.text.count("\n")
    va.post(preview, CONSENT | ({"accepted": "0"} if found.unclear else {}))
    work()
    assert set(Subscriber.objects.values_list("email", flat=True)) == {
        *("ann@example.com", "tom@example.com")
    }
    found.refresh_from_db()
    assert sum(found.counts.values()) == before.row_count


def test_nothing_that_was_asked_about_an_erased_person_is_left_of_a_list_taken_in(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    preview = upload(va, "Email,Notes\nzelda@example.com,Quux unsubscribed\n")["Location"]
    va.post(preview, CONSENT | {"accepted": "0"})
    work()
    assert Subscriber.objects.get().email == "zelda@example.com"
    erase_person("zelda@example.com")
    assert "Quux" not in str(SubscriberImport.objects.values_list("unclear", "accepted"))


def test_nobody_is_subscribed_unasked_as_somebody_else_is_erased(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    preview = upload(va, "tom@example.com,monthly\nzelda@example.com,unsubscribed\n")["Location"]
    assert "Column 2: “monthly” (1 person)" in va.get(preview).text
    erase_person("zelda@example.com")
    va.post(preview, CONSENT)
    work()
    assert not Subscriber.objects.exists()


def test_an_import_that_the_database_broke_off_goes_on_by_the_clock(
    va: Client,
    site: SmallSite,
    work: Callable[[], None],
    settings: Any,
) -> None:
    with refused(Subscriber, is_out_of_order=True):
        va.post(upload(va, "email\nada@example.com\n")["Location"], CONSENT)
        work()
    assert SubscriberImport.objects.get().status == SubscriberImport.Status.RUNNING
    assert take_in.module_path in settings.PERIODIC_TASKS
    enqueue_once(take_in)
    work()
    assert SubscriberImport.objects.get().status == SubscriberImport.Status.DONE
    assert Subscriber.objects.get().email == "ada@example.com"


def test_a_list_with_a_fault_holds_up_no_other_and_is_tried_again(
    va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    with refused(Subscriber, "NEW.email = 'odd@example.com'"):
        for name in ("odd", "good"):
            preview = upload(va, f"email\n{name}@example.com\n", f"{name}.csv")
            va.post(preview["Location"], CONSENT)
        work()
    assert [one.email for one in Subscriber.objects.all()] == ["good@example.com"]
    fault = TaskFault.objects.get()
    assert fault.task == importing.TASK
    with time_machine.travel(fault.retry_at + timedelta(seconds=1)):
        enqueue_once(take_in)
        work()
    assert Subscriber.objects.count() == 2
    assert not TaskFault.objects.exists()
