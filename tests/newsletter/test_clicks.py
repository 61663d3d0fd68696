"""How often a link in a letter is followed is counted if she says so, and by whom never."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from newsletter.models import Campaign, LetterLink, SendingSettings
from newsletter.sending import send_due
from tests.conftest import SmallSite
from tests.newsletter.list_server import ListServer
from tests.newsletter.test_campaigns import send, subscriber
from vasite.business.models import BusinessSettings
from vasite.home.demo.pages import paragraphs
from vasite.home.models import StandardPage

ELSEWHERE = "https://example.org/a?b=1&c=2"
SETTINGS = "/admin/settings/newsletter/sendingsettings/"


@pytest.fixture
def campaign(site: SmallSite) -> Campaign:
    link = ELSEWHERE.replace("&", "&amp;")
    text = (
        f'<p>Hello, <a href="{link}">look</a>, <a href="{link}">look again</a>, '
        '<a href="mailto:ann@example.com">write</a>, <a href="/blog/">read</a>.</p>'
    )
    return Campaign.objects.create(subject="Spring", body=[("text", text)])


@pytest.fixture
def counting(site: SmallSite) -> None:
    sending = SendingSettings.load()
    sending.counts_clicks = True
    sending.save()


def links(server: ListServer) -> list[str]:
    html = server.mail_to("ada@example.com").get_body(("html",)).get_content()
    return re.findall(r'<a [^>]*?href="([^"]*)"', html)


def test_as_it_is_nothing_is_counted(va: Client, server: ListServer, campaign: Campaign) -> None:
    subscriber("ada@example.com")
    send(va, campaign)
    send_due()
    assert not [address for address in links(server) if "/newsletter/go/" in address]
    assert LetterLink.objects.count() == 0


def test_a_link_counts_and_leads_on(
    va: Client, client: Client, server: ListServer, campaign: Campaign, counting: None
) -> None:
    subscriber("ada@example.com")
    send(va, campaign)
    send_due()
    outside, again, write, inside = links(server)[:4]
    assert outside == again
    assert write == "mailto:ann@example.com"
    assert "/newsletter/go/" in inside
    path = outside.removeprefix("http://127.0.0.1:8000")
    for _ in range(2):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, ELSEWHERE)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies
    client.head(path)  # what programs ask that only look whether it is there
    assert campaign.links.get(address=ELSEWHERE).clicks == 2
    assert re.search(r"example.org.*</a></dt><dd>2</dd>", va.get(campaign.admin_url).text)


def test_what_is_the_readers_own_is_not_counted(
    va: Client, server: ListServer, campaign: Campaign, counting: None
) -> None:
    subscriber("ada@example.com")
    send(va, campaign)
    send_due()
    own = "\n".join(links(server))
    assert f"{settings.SITE_URL}/newsletter/unsubscribe/" in own
    assert f"{settings.SITE_URL}/newsletter/preferences/" in own
    # nor the page in the archive, nor the words of the text part
    assert ELSEWHERE in server.mail_to("ada@example.com").get_body(("plain",)).get_content()
    assert "/newsletter/go/" not in va.get("/newsletter/spring/").text


@pytest.mark.parametrize("key", ["999", "999:0:x"])
def test_a_link_that_is_none(client: Client, site: SmallSite, key: str) -> None:
    assert client.get(f"/newsletter/go/{key}/").status_code == 404


def test_stranger_who_tries_all_numbers_learns_no_link_of_a_letter(
    va: Client, client: Client, server: ListServer, campaign: Campaign, counting: None
) -> None:
    subscriber("ada@example.com")
    send(va, campaign)
    send_due()
    tried = [client.get(f"/newsletter/go/{link.pk}/") for link in campaign.links.all()]
    assert {answer.status_code for answer in tried} == {404}
    path = links(server)[0].removeprefix("http://127.0.0.1:8000")
    assert client.get(path)["Location"] == ELSEWHERE


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [("I keep nothing.", False), ("I count clicks in my letters, not by whom.", True)],
)
def test_her_privacy_page_has_to_say_so(
    va: Client, site: SmallSite, words: str, is_kept: bool
) -> None:
    page = StandardPage(title="How I use your details", body=[paragraphs(words)])
    BusinessSettings.objects.update(privacy_page=site.home.add_child(instance=page))
    form: dict[str, Any] = {"post_minutes": 15, "late_hours": 6, "counts_clicks": "on"}
    answer = va.post(f"{SETTINGS}{SendingSettings.load().pk}/", form, follow=True)
    assert SendingSettings.load().counts_clicks is is_kept
    assert ("doesn’t say so yet" in answer.text) is not is_kept
