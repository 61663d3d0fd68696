"""The business's facts are typed once and said in words."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from tests.conftest import SmallSite
from vasite.business.hours import HoursBlock
from vasite.business.models import BusinessSettings
from vasite.content.datetimes import say_time


def hours(first: str, last: str, opens: time, closes: time) -> dict[str, object]:
    return {"first_day": first, "last_day": last, "opens": opens, "closes": closes}


def test_they_appear_on_every_page(client: Client, site: SmallSite) -> None:
    business = BusinessSettings.load()
    business.areas = [("area", "Worcester"), ("area", "Malvern"), ("area", "Droitwich")]
    business.opening_hours = [
        ("hours", hours("Monday", "Thursday", time(8, 30), time(17))),
        ("hours", hours("Friday", "", time(9), time(12))),
    ]
    business.price_from = 30
    business.save()
    for path in ("/", "/blog/on-trust/"):
        page = client.get(path).text
        assert "Serving Worcester, Malvern and Droitwich, and anywhere online" in page
        assert "<p>Monday to Thursday, 8.30am to 5pm</p><p>Friday, 9am to 12pm</p>" in page
    assert "From £30 an hour" in client.get("/").text


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (hours("Friday", "Monday", time(9), time(17)), "comes before the first one"),
        (hours("Monday", "", time(17), time(9)), "must be later than 5pm. You entered 9am"),
    ],
)
def test_impossible_hours_are_named(value: dict[str, object], fault: str) -> None:
    block = HoursBlock()
    with pytest.raises(ValidationError) as error:
        block.clean(block.to_python(value))
    assert fault in str(error.value.block_errors)


@pytest.mark.parametrize(
    ("moment", "words"),
    [(time(0), "12am"), (time(9, 5), "9.05am"), (time(12), "12pm"), (time(20, 30), "8.30pm")],
)
def test_times_are_written_as_in_britain(moment: time, words: str) -> None:
    assert say_time(moment) == words
