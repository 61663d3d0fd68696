"""The owner writes dates and times as people do; nothing else is stored than what she meant."""

from __future__ import annotations

import time as time_module
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from wagtail.admin.forms.models import formfield_for_dbfield

from contact.models import Enquiry
from tests.conftest import SmallSite
from vasite.business.models import BusinessSettings
from vasite.content.datetimes import (
    DateTimeField,
    parse_date,
    parse_datetime,
    parse_time,
    say_time,
)

TIMES = {
    "1pm": time(13),
    "5pm": time(17),
    "5.30pm": time(17, 30),
    "5:30 pm": time(17, 30),
    "5.30\u202fp.m.": time(17, 30),
    "5 PM": time(17),
    "17:30": time(17, 30),
    "17.30": time(17, 30),
    "17h30": time(17, 30),
    "1730": time(17, 30),
    "9": time(9),
    "09": time(9),
    "9 o’clock": time(9),
    "930": time(9, 30),
    "noon": time(12),
    "12 noon": time(12),
    "12pm": time(12),
    "12am": time(0),
    "midnight": time(0),
    "1:00p": time(13),
    "17:30 pm": time(17, 30),
    "１７：３０": time(17, 30),
    "09:00:00": time(9),
    "12noon": time(12),
    "12:00 noon": time(12),
    "12.00 midnight": time(0),
    "1730hrs": time(17, 30),
    "0900h": time(9),
    "9 oclock": time(9),
    "5h30": time(5, 30),
    "05:30": time(5, 30),
    "0530": time(5, 30),
}


@pytest.mark.parametrize(("text", "moment"), TIMES.items())
def test_a_time_is_read_as_it_was_meant(text: str, moment: time) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9am-5pm", "Enter one time here"),
        ("9 to 5", "Enter one time here"),
        ("9am – 5pm", "Enter one time here"),
        ("lunchtime", "such as 9am, 5.30pm or 17:30"),
        ("25:00", "such as 9am"),
        ("24:00", "such as 9am"),
        ("5.3pm", "such as 9am"),
        ("13am", "such as 9am"),
        ("0pm", "such as 9am"),
        ("half past five", "such as 9am"),
        ("1pm tomorrow", "such as 9am"),
        ("3 noon", "such as 9am"),
        ("1", "1am or 1pm: “1” may be either"),
        ("5.30", "5am or 5pm: “5.30” may be either"),
        ("5:30", "5am or 5pm"),
        ("530", "5am or 5pm"),
        ("7 o’clock", "7am or 7pm"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        parse_time(text)


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_what_the_site_prints_can_be_typed_in_again(moment: time) -> None:
    assert parse_time(say_time(moment)) == moment


DATES = [
    *("27/11/2026", "27.11.2026", "27-11-2026", "27. 11. 2026", "27/11/26", "2026-11-27"),
    *("2026/11/27", "27 November 2026", "27th Nov 2026", "Fri 27 November 2026", "Fri. 27/11/26"),
    *("Friday, 27 November, 2026", "November 27, 2026", "27 nov. 2026", "27-Nov-2026"),
]


@pytest.mark.parametrize("text", DATES)
def test_a_date_is_read_as_in_britain(text: str) -> None:
    assert parse_date(text) == date(2026, 11, 27)


@pytest.mark.parametrize("clock", ["9am", "9 am", "09:00", "9.00", "9"])
@pytest.mark.parametrize("text", DATES)
def test_a_date_with_a_time_is_read_in_either_order(text: str, clock: str) -> None:
    meant = datetime(2026, 11, 27, 9)
    for written in (f"{text} {clock}", f"{text}, {clock}", f"{text} at {clock}", f"{clock} {text}"):
        assert parse_datetime(written) == meant, written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("27/11/2026", "Add the time"),
        ("11/27/2026 9am", "Enter a date and a time"),
        ("31/02/2027 9am", "Enter a date and a time"),
        ("27/11 9am", "Enter a date and a time"),
        ("next Friday", "Enter a date and a time"),
        ("9am", "Enter a date and a time"),
        ("27/11/2026 25:00", "Enter a time such as"),
        ("27/11/2026 9am-5pm", "Enter one time here"),
        ("27/11/0026 9am", "Enter a date and a time"),
        ("Monday 27/11/2026 9am", "27 November 2026 is a Friday"),
        ("9am on Thurs 27th November 2026", "27 November 2026 is a Friday"),
        ("27 November 12 noon", "Enter a date and a time"),
        ("27/11/2026 5.30", "5am or 5pm"),
        ("2026-13-40T09:00", "Enter a date and a time"),
    ],
)
def test_a_moment_that_cannot_be_read_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DateTimeField().clean(text)


def test_tomorrow_is_by_the_owners_clock() -> None:
    london = ZoneInfo("Europe/London")
    with time_machine.travel(datetime(2026, 6, 30, 23, 30, tzinfo=ZoneInfo("UTC"))):  # 00.30 there
        assert DateTimeField().clean("tomorrow 9am") == datetime(2026, 7, 2, 9, tzinfo=london)
        assert parse_date("today") == date(2026, 7, 1)


@pytest.mark.parametrize("day", ["28/03/2027", "31/10/2027"], ids=["left out", "repeated"])
def test_an_hour_that_the_clocks_leave_out_or_repeat_is_refused(day: str) -> None:
    with pytest.raises(ValidationError, match="an hour earlier or later"):
        DateTimeField().clean(f"{day} 1.30am")
    moments = [DateTimeField().clean(f"{day} {clock}") for clock in ("00:30", "02:30")]
    assert [f"{timezone.localtime(moment):%d/%m/%Y %H:%M}" for moment in moments] == [
        f"{day} 00:30",
        f"{day} 02:30",
    ]


def test_every_date_and_time_in_the_admin_is_read_so() -> None:
    kinds = (forms.TimeField, forms.DateField, forms.DateTimeField)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            form_field = formfield_for_dbfield(field) if field.editable else None
            if isinstance(form_field, kinds):
                assert type(form_field).__module__ == "vasite.content.datetimes", field


def hours_form(opens: str, closes: str) -> dict[str, str]:
    block = {
        "opening_hours-count": "1",
        "opening_hours-0-type": "hours",
        "opening_hours-0-order": "0",
        "opening_hours-0-deleted": "",
        "opening_hours-0-id": "",
        "opening_hours-0-value-first_day": "Monday",
        "opening_hours-0-value-last_day": "Friday",
        "opening_hours-0-value-opens": opens,
        "opening_hours-0-value-closes": closes,
    }
    facts = {"name": "Severn Office", "email": "o@example.com", "price_unit": "hour"}
    return facts | {"areas-count": "0", "profiles-count": "0"} | block


def business_url() -> str:
    return f"/admin/settings/business/businesssettings/{BusinessSettings.load().pk}/"


@pytest.mark.parametrize(
    ("opens", "closes", "printed"),
    [
        ("9am", "5.30pm", "9am to 5.30pm"),
        ("1pm", "5pm", "1pm to 5pm"),
        ("9", "17:30", "9am to 5.30pm"),
        ("noon", "5:30 PM", "12pm to 5.30pm"),
    ],
)
def test_opening_hours_are_shown_as_they_were_meant(
    va: Client, client: Client, site: SmallSite, opens: str, closes: str, printed: str
) -> None:
    assert va.post(business_url(), hours_form(opens, closes)).status_code == 302
    assert f"Monday to Friday, {printed}" in client.get("/").text
    first, _, second = printed.partition(" to ")
    page = va.get(business_url()).text
    assert f"&quot;opens&quot;: &quot;{first}&quot;" in page
    assert f"&quot;closes&quot;: &quot;{second}&quot;" in page


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("9am-5pm", ""),
        ("9", "5"),
        ("nine", "5pm"),
        ("1", "5"),
        ("1.30", "5.30"),
        ("9am", "midnight"),
    ],
)
def test_opening_hours_that_make_no_sense_come_back_with_what_was_typed(
    va: Client, site: SmallSite, opens: str, closes: str
) -> None:
    page = va.post(business_url(), hours_form(opens, closes)).text
    assert f"&quot;opens&quot;: &quot;{opens}&quot;" in page or "&quot;9am&quot;" in page
    assert "Enter one time" in page or "must be later" in page or "Enter a time such as" in page
    assert not BusinessSettings.load().opening_hours


def test_a_reminder_is_taken_for_the_day_that_was_typed(va: Client, site: SmallSite) -> None:
    message = {"name": "Ada", "email": "a@example.com", "message": "Could you take my diary over?"}
    Client().post("/contact/", message)
    enquiry = Enquiry.objects.get()
    url = f"/admin/enquiries/edit/{enquiry.pk}/"
    va.post(url, {"state": "new", "remind_on": "27th November 2030"})
    enquiry.refresh_from_db()
    assert enquiry.remind_on == date(2030, 11, 27)
    page = va.post(url, {"state": "new", "remind_on": "27/11/2020"}).text
    assert "27 November 2020 is over." in page
    page = va.post(url, {"state": "new", "remind_on": "next week"}).text
    assert "Enter a date as day, month and year" in page
    assert 'value="next week"' in page
    enquiry.refresh_from_db()
    assert enquiry.remind_on == date(2030, 11, 27)


@pytest.mark.parametrize("letter", ["\ufdfa", "1", " ", "1 "])
def test_strangers_date_of_two_megabytes_is_refused_in_a_moment(letter: str) -> None:
    began = time_module.process_time()
    with pytest.raises(ValidationError):
        parse_date(letter * 800_000)
    assert time_module.process_time() - began < 0.5
