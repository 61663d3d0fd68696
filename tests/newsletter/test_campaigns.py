"""The VA writes a letter, tests it, and sends it to her subscribers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from wagtail.models import Collection, CollectionViewRestriction

from blog.models import Category
from newsletter.composing import compose
from newsletter.models import Campaign, Delivery, SendingSettings, Subscriber
from newsletter.sending import begin_planned, fill, schedule, send_due
from newsletter.tasks import send_campaigns
from tests.conftest import SmallSite
from tests.newsletter.list_server import DROP, ListServer
from vasite.content.models import SiteImage
from vasite.content.tasks import move_private_images
from vasite.mail.models import OutgoingMail

WORDS = "Hello {{ first name }}, the <b>spring</b> offers are here."


def subscriber(email: str, **fields: Any) -> Subscriber:
    return Subscriber.objects.create(
        **{"email": email, "email_key": email, "status": "confirmed", "name": ""}
        | {"confirmed_at": timezone.now()}
        | fields
    )


def subscribers(number: int) -> list[str]:
    emails = [f"reader-{one:03}@example.com" for one in range(number)]
    for email in emails:
        subscriber(email)
    return emails


@pytest.fixture
def campaign(site: SmallSite) -> Campaign:
    return Campaign.objects.create(
        subject="News for {{ first name }}",
        preheader="What is new in spring",
        body=[("text", f"<p>{WORDS}</p>")],
    )


def press(va: Client, campaign: Campaign, button: str, **fields: str) -> Any:
    return va.post(f"/admin/campaigns/inspect/{campaign.pk}/", {button: "", **fields})


def send(va: Client, campaign: Campaign) -> None:
    """Answer the question with yes, and let the minute pass in which it can be cancelled."""
    press(va, campaign, "begin")
    press(va, campaign, "confirm", version="")
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        begin_planned()


def state(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.status


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("subscriber__email", "status"))


def test_it_works(va: Client, client: Client, server: ListServer, campaign: Campaign) -> None:
    subscriber("ada@example.com", name="Ada <Lovelace>")
    subscriber("bob@example.com")
    subscriber("gone@example.com", status="unsubscribed")
    assert "Send it now to 2 subscribers" in va.get(campaign.admin_url).text
    assert client.get(f"/newsletter/{campaign.slug}/").status_code == 404  # not yet public
    send(va, campaign)
    assert send_campaigns.call() == 2
    assert state(campaign) == "sent"
    assert server.counts == {"ada@example.com": 1, "bob@example.com": 1}
    mail = server.mail_to("ada@example.com")
    assert mail["Subject"] == "News for Ada"
    assert parseaddr(mail["From"])[0] == "Severn Office"
    html = mail.get_body(("html",)).get_content()
    assert "Hello Ada, the <b" in html
    assert "Hello Ada, the spring offers are here." in mail.get_body(("plain",)).get_content()
    assert "Hello there," in server.mail_to("bob@example.com").get_body(("plain",)).get_content()
    page = client.get(f"/newsletter/{campaign.slug}/").text
    assert "News for there" in page
    assert "Ada" not in page.split("<main")[1].split("</main")[0]
    assert f'href="/newsletter/{campaign.slug}/"' in client.get("/newsletter/").text
    assert "Hello there, the &lt;b&gt;spring" in client.get("/newsletter/feed/").text


def test_gmail_and_yahoo_find_what_they_ask_of_a_bulk_sender(
    va: Client, client: Client, server: ListServer, campaign: Campaign
) -> None:
    ada = subscriber("ada@example.com")
    send(va, campaign)
    send_due()
    mail = server.mail_to(ada.email)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<newsletter.127.0.0.1>"
    assert mail["Feedback-ID"].startswith(f"{campaign.pk}:newsletter:")
    assert mail["Precedence"] == "bulk"
    url = mail["List-Unsubscribe"].strip(" <>").removeprefix("http://127.0.0.1:8000")
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    ada.refresh_from_db()
    assert ada.status == "unsubscribed"


def test_nobody_gets_it_twice_however_often_the_button_is_pressed(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(30)
    for _ in range(2):
        send(va, campaign)
        send_due()
    assert server.counts == dict.fromkeys(emails, 1)


def test_who_leaves_before_their_turn_gets_nothing(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(12)

    send(va, campaign)
    fill(campaign)
    Subscriber.objects.filter(email=emails[11]).update(status="unsubscribed")
    send_due()
    assert state(campaign) == "sent"
    assert server.counts == dict.fromkeys(emails[:11], 1)
    assert states()[emails[11]] == "left_out"


def test_a_letter_broken_off_while_the_server_had_it_is_hers_to_decide(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(6)
    server.answers[f"DATA {emails[2]}"] = DROP
    send(va, campaign)
    send_due()
    assert state(campaign) == "sent"
    assert states()[emails[2]] == "unsure"
    page = va.get(campaign.admin_url).text
    assert "Unsure: broken off" in page
    send_due()
    assert server.counts[emails[2]] == 1  # never again by itself
    server.answers.clear()
    key = Delivery.objects.get(status="unsure").pk
    press(va, campaign, "again", delivery=str(key))
    send_due()
    assert server.counts[emails[2]] == 2
    assert state(campaign) == "sent"


def test_a_worker_that_died_leaves_its_letters_unsure(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(3)
    send(va, campaign)
    with time_machine.travel(timezone.now() - timedelta(minutes=6)):
        server.answers["MAIL"] = "421 4.3.2 Going away"
        send_due()
    Campaign.objects.update(held_until=None)
    Delivery.objects.filter(subscriber__email=emails[0]).update(
        status="sending", taken_at=timezone.now() - timedelta(minutes=6)
    )
    server.answers.clear()
    send_due()
    assert states() == {emails[0]: "unsure", emails[1]: "sent", emails[2]: "sent"}


@pytest.mark.parametrize(
    ("step", "answer", "becomes", "subscriber_becomes"),
    [
        ("RCPT", "550 5.1.1 No such mailbox", "failed", "bounced"),
        ("RCPT", "550 No such user", "failed", "bounced"),
        ("RCPT", "552 5.2.2 Mailbox full", "failed", "confirmed"),
        ("RCPT", "550 5.7.1 Not from you", "failed", "confirmed"),
        ("RCPT", "451 4.7.1 Greylisted, come back", "waiting", "confirmed"),
        ("DATA", "554 5.7.1 Looks like spam", "failed", "confirmed"),
        ("DATA", "452 4.3.1 Disk full", "waiting", "confirmed"),
    ],
)
def test_what_the_mail_server_answers(
    va: Client,
    server: ListServer,
    campaign: Campaign,
    step: str,
    answer: str,
    becomes: str,
    subscriber_becomes: str,
) -> None:
    emails = subscribers(5)
    server.answers[f"{step} {emails[1]}"] = answer
    send(va, campaign)
    send_due()
    expected = dict.fromkeys(emails, "sent") | {emails[1]: becomes}
    assert states() == expected
    delivery = Delivery.objects.get(subscriber__email=emails[1])
    assert delivery.answer == answer
    assert delivery.subscriber.status == subscriber_becomes
    page = va.get(campaign.admin_url).text
    assert ("No mailbox, of those refused" in page) == (subscriber_becomes == "bounced")
    if becomes == "waiting":
        server.answers.clear()
        assert send_due() == 0  # not yet
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            assert send_due() == 1
        assert state(campaign) == "sent"
        assert server.counts == dict.fromkeys(emails, 1)


@pytest.mark.parametrize(
    "answer", [DROP, "421 4.3.2 Going away"], ids=["breaks off", "says it goes away"]
)
def test_a_provider_that_is_down_holds_the_letter_and_she_is_told_once(
    va: Client, server: ListServer, campaign: Campaign, answer: str
) -> None:
    emails = subscribers(40)
    server.answers["MAIL"] = answer
    send(va, campaign)
    for minutes in (0, 2, 10):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            send_due()
    assert set(states().values()) == {"waiting"}
    assert OutgoingMail.objects.filter(subject__contains="waits").count() == 1
    assert "It is tried again" in va.get(campaign.admin_url).text
    server.answers.clear()
    press(va, campaign, "resume")
    send_due()
    assert server.counts == dict.fromkeys(emails, 1)
    assert state(campaign) == "sent"
    assert campaign.trouble == ""


def test_what_holds_a_newsletter_names_no_subscriber(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    """A server may quote the address; the campaign and the owner's email outlive the person."""
    (email,) = subscribers(1)
    server.answers["RCPT"] = f"421 4.7.0 <{email}>: try again later"
    send(va, campaign)
    send_due()
    campaign.refresh_from_db()
    assert campaign.trouble == "The mail server doesn’t take it: 421 4.7.0 <…>: try again later"
    told = OutgoingMail.objects.get(subject__contains="waits")
    assert email not in told.text + told.html


def test_a_letter_that_the_provider_takes_for_spam_does_not_burn_the_list(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(40)
    server.answers["DATA"] = "554 5.7.1 Looks like spam"
    send(va, campaign)
    send_due()
    assert list(states().values()).count("failed") <= 4
    assert "Looks like spam" in va.get(campaign.admin_url).text
    assert state(campaign) == "sending"


def test_a_provider_that_cannot_be_reached_at_all(
    va: Client, settings: Any, campaign: Campaign
) -> None:
    subscribers(3)
    settings.MAIL_TRANSPORT = ListServer().transport
    send(va, campaign)
    send_due()
    assert set(states().values()) == {"waiting"}
    assert "ConnectionRefusedError" in va.get(campaign.admin_url).text


def test_she_pauses_goes_on_and_stops(va: Client, server: ListServer, campaign: Campaign) -> None:
    emails = subscribers(5)
    send(va, campaign)
    press(va, campaign, "pause")
    assert send_due() == 0
    assert "Go on" in va.get(campaign.admin_url).text
    press(va, campaign, "resume")
    press(va, campaign, "stop")
    assert send_due() == 0
    assert server.received == []
    press(va, campaign, "resume")  # stopped is stopped
    assert send_due() == 0
    assert state(campaign) == "stopped"
    assert len(emails) == 5


def test_no_more_than_her_provider_takes(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(9)
    SendingSettings.objects.create(per_hour=5)
    send(va, campaign)
    assert send_due() == 5
    assert send_due() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert send_due() == 4
    assert server.counts == dict.fromkeys(emails, 1)


def test_letters_are_made_in_portions(
    va: Client, server: ListServer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.sending.PORTION", 4)
    emails = subscribers(9)
    send(va, campaign)
    assert send_due() == 9
    assert server.counts == dict.fromkeys(emails, 1)


def test_only_those_whom_it_is_meant_for(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    diary, travel = (Category.objects.create(name=name, slug=name) for name in ("diary", "travel"))
    chose_diary = subscriber("diary@example.com", has_chosen_topics=True)
    chose_diary.topics.add(diary)
    subscriber("travel@example.com", has_chosen_topics=True).topics.add(travel)
    subscriber("all@example.com")
    subscriber("early@example.com", confirmed_at=timezone.now() - timedelta(days=30))
    campaign.topics.add(diary)
    campaign.joined_since = timezone.localdate() - timedelta(days=2)
    campaign.save()
    assert "Send it now to 2 subscribers" in va.get(campaign.admin_url).text
    send(va, campaign)
    send_due()
    assert set(server.counts) == {"diary@example.com", "all@example.com"}


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("28/03/2026 23:30", datetime(2026, 3, 28, 23, 30, tzinfo=UTC)),
        ("29/03/2026 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("25/10/2026 00:30", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        ("25/10/2026 02:30", datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
    ],
    ids=["before summer time", "in summer time", "before winter time", "in winter time"],
)
def test_it_goes_out_at_the_time_on_her_clock(
    va: Client, server: ListServer, campaign: Campaign, typed: str, moment: datetime
) -> None:
    subscribers(2)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        va.force_login(va_user())
        press(va, campaign, "plan", moment=typed)
        assert state(campaign) == "scheduled"
        assert campaign.send_at == moment
    with time_machine.travel(moment - timedelta(minutes=1)):
        assert send_due() == 0
    with time_machine.travel(moment + timedelta(minutes=1)):
        assert send_due() == 2


def va_user() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get()


@pytest.mark.parametrize("typed", ["", "yesterday", "01/02/2020 10:00"])
def test_a_time_that_cannot_be_is_named(va: Client, campaign: Campaign, typed: str) -> None:
    answer = press(va, campaign, "plan", moment=typed)
    assert "errorlist" in answer.text
    assert f'value="{typed}"' in answer.text or not typed
    assert state(campaign) == "draft"


@pytest.mark.parametrize(("hours", "goes_out"), [(5, True), (7, False)])
def test_one_whose_time_passed_while_the_site_was_down(
    va: Client, server: ListServer, campaign: Campaign, hours: int, goes_out: bool
) -> None:
    subscribers(2)
    moment = timezone.now() + timedelta(hours=1)
    press(va, campaign, "plan", moment=timezone.localtime(moment).strftime("%d/%m/%Y %H:%M"))
    with time_machine.travel(moment + timedelta(hours=hours)):
        assert send_due() == (2 if goes_out else 0)
        assert state(campaign) == ("sent" if goes_out else "draft")
        va.force_login(va_user())
        if not goes_out:
            assert "Shall it still go out?" in va.get(campaign.admin_url).text
            assert OutgoingMail.objects.filter(subject__contains="waits").count() == 1


def test_a_letter_to_nobody_cannot_be_planned(va: Client, campaign: Campaign) -> None:
    answer = press(va, campaign, "plan", moment="01/02/2030 10:00")
    assert state(campaign) == "draft"
    assert "Mend what stops it" in va.get(answer.url).text


def test_a_planned_letter_that_nobody_would_get_any_more_waits(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    only = subscriber("only@example.com")
    moment = timezone.now() + timedelta(hours=1)
    press(va, campaign, "plan", moment=timezone.localtime(moment).strftime("%d/%m/%Y %H:%M"))
    only.unsubscribe()
    with time_machine.travel(moment):
        assert send_due() == 0
    assert state(campaign) == "draft"
    assert "Nobody would get it" in campaign.trouble


def test_a_test_goes_to_her_alone(va: Client, server: ListServer, campaign: Campaign) -> None:
    subscribers(3)
    press(va, campaign, "test", address="me@example.com")
    mail = OutgoingMail.objects.get()
    assert mail.recipients == ["me@example.com"]
    assert mail.subject == "Test: News for there"
    assert state(campaign) == "draft"
    answer = press(va, campaign, "test", address="me at home")
    assert "Write the address in full" in answer.text
    assert "me at home" in answer.text


def test_what_is_wrong_with_a_letter_is_said_before_it_goes_out(
    va: Client, site: SmallSite
) -> None:
    link = f'<a linktype="page" id="{site.service.pk}">inbox</a>'
    site.service.unpublish()
    campaign = Campaign.objects.create(
        subject="BUY MY OFFERS NOW!!", body=[("text", f"<p>{link}</p>" + "<p>word</p>" * 9000)]
    )
    page = va.get(campaign.admin_url).text
    for words in (
        "Nobody would get it",
        "mostly in capitals",
        "more than one exclamation mark",
        "no second line",
        "leads to a page that is not public",
        "kB long",
        "No postal address",
        "Email isn’t connected yet",
    ):
        assert words in page
    send(va, campaign)
    assert state(campaign) == "draft"


def test_sending_to_everybody_is_asked_once_and_can_be_cancelled_for_a_minute(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(3)
    asked = va.post(campaign.admin_url, {"begin": ""}, follow=True).text
    assert "Send it to 3 subscribers?" in asked
    assert "You haven’t sent yourself a test" in asked
    assert state(campaign) == "draft"
    answer = va.post(campaign.admin_url, {"confirm": "", "version": ""}, follow=True).text
    assert "Sending in 1 minute" in answer
    assert "3 subscribers" in answer
    assert 'name="unplan">Cancel' in answer
    assert "Send it now" not in answer
    assert send_due() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=55)):
        assert send_due() == 0
    assert "Nothing was sent" in va.post(campaign.admin_url, {"unplan": ""}, follow=True).text
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert send_due() == 0
    assert state(campaign) == "draft"
    assert server.received == []


@pytest.mark.parametrize("fields", [{"unplan": ""}, {"plan": "", "moment": "01/02/2030 10:00"}])
def test_who_cancels_or_puts_off_what_is_about_to_begin_has_done_so(
    va: Client, server: ListServer, campaign: Campaign, monkeypatch: Any, fields: dict[str, str]
) -> None:
    subscribers(1)
    press(va, campaign, "confirm", version="")

    def composed(of: Campaign) -> Any:
        assert va.post(f"/admin/campaigns/inspect/{campaign.pk}/", fields).status_code == 302
        return compose(of)

    monkeypatch.setattr("newsletter.sending.compose", composed)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert send_due() == 0
    assert state(campaign) == ("draft" if "unplan" in fields else "scheduled")
    assert server.received == []


def test_the_minute_is_not_longer_however_often_she_says_yes(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(1)
    now = timezone.now()
    va_again = va_user()
    for seconds in (0, 30, 50):
        with time_machine.travel(now + timedelta(seconds=seconds)):
            va.force_login(va_again)
            press(va, campaign, "confirm", version="")
    with time_machine.travel(now + timedelta(seconds=62)):
        assert send_due() == 1


def test_a_scheduled_one_shows_its_state_and_asks_before_it_goes_out_sooner(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(2)
    press(va, campaign, "plan", moment="01/02/2030 10:00")
    page = va.get(campaign.admin_url).text
    assert "Scheduled for 1 February 2030" in page
    assert 'name="unplan">Cancel' in page
    assert "Scheduled for 1 February 2030" in va.get("/admin/campaigns/").text
    asked = va.post(campaign.admin_url, {"begin": ""}, follow=True).text
    assert "Send it to 2 subscribers?" in asked
    assert send_due() == 0
    press(va, campaign, "confirm", version="")
    assert "Sending in 1 minute" in va.get(campaign.admin_url).text
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert send_due() == 2


def test_what_was_changed_after_the_question_is_asked_about_again(
    va: Client, campaign: Campaign
) -> None:
    subscribers(2)
    campaign.save_revision()
    answer = va.post(campaign.admin_url, {"confirm": "", "version": ""}, follow=True).text
    assert "It was changed meanwhile" in answer
    assert state(campaign) == "draft"


def test_words_that_nobody_was_asked_about_are_not_sent_when_the_minute_is_over(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(1)
    press(va, campaign, "confirm", version="")
    address = f"/admin/campaigns/edit/{campaign.pk}/"
    answer = va.get(address, follow=True)
    assert "Cancel it first" in answer.text
    assert "Sending in 1 minute" in answer.text
    # An editor that was open before
    fields = {"subject": "Half a sen", "nameless": "there", "body-count": "0"}
    answer = va.post(address, fields, follow=True)
    assert "Nothing was: you changed it." in answer.text
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.status) == ("Half a sen", "draft")
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert send_due() == 0
    assert server.received == []


def test_a_test_is_offered_until_one_was_sent_of_what_it_says_now(
    va: Client, campaign: Campaign
) -> None:
    subscribers(2)
    url = f"{campaign.admin_url}?ask"
    offer = "You haven’t sent yourself a test"
    assert offer in va.get(url).text
    answer = va.post(url, {"test": "", "address": "me@example.com"}, follow=True).text
    assert "Test to me@example.com: Waiting – email isn’t connected yet" in answer
    assert offer not in answer
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        campaign.save_revision()
    assert offer in va.get(url).text


def test_the_report_never_says_that_it_goes_to_nobody(va: Client, campaign: Campaign) -> None:
    subscribers(47)
    send(va, campaign)
    page = va.get(campaign.admin_url).text
    assert "<strong>47</strong> subscribers" in page
    assert "Waiting – email isn’t connected yet" in page
    assert "Waiting – email isn’t connected yet" in va.get("/admin/campaigns/").text


def test_one_that_every_server_refused_is_not_called_sent(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    subscribers(2)
    server.answers["RCPT"] = "550 5.1.1 No such mailbox"
    send(va, campaign)
    send_due()
    assert state(campaign) == "sent"
    for url in (campaign.admin_url, "/admin/campaigns/"):
        assert "Not sent: no mail server took any of it" in va.get(url).text


def test_one_that_waited_for_days_is_not_sent_without_asking_once_email_is_connected(
    va: Client, campaign: Campaign, settings: Any, request: pytest.FixtureRequest
) -> None:
    emails = subscribers(3)
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        va.force_login(va_user())
        send(va, campaign)
        send_due()
    va.force_login(va_user())
    server = request.getfixturevalue("server")
    assert send_due() == 0
    assert state(campaign) == "paused"
    assert "because email wasn’t connected" in va.get(campaign.admin_url).text
    press(va, campaign, "resume")
    assert send_due() == 3
    assert server.counts == dict.fromkeys(emails, 1)


@pytest.mark.parametrize("way", ["image", "header"])
def test_a_faulty_newsletter_holds_only_itself_and_says_so(
    va: Client, server: ListServer, site: SmallSite, image: SiteImage, work: Any, way: str
) -> None:
    emails = subscribers(5)
    good = Campaign.objects.create(subject="Good", body=[("text", "<p>Fine</p>")])
    picture = {"picture": {"image": image, "alt_text": "A desk", "decorative": False}}
    bad = Campaign.objects.create(
        subject="Bad", body=[("picture", picture)] if way == "image" else good.body
    )
    press(va, bad, "confirm", version="")
    assert state(bad) == "scheduled"
    if way == "image":  # its file is gone from the disk
        image.renditions.all().delete()
        image.file.storage.delete(image.file.name)
    else:  # a line end in a header is refused when each email is written
        Campaign.objects.filter(pk=bad.pk).update(sender_name="Ada\nBcc: all@example.com")
    send(va, good)
    work()
    assert state(good) == "sent"
    assert [server.counts[email] for email in emails] == [1] * 5
    assert state(bad) == ("scheduled" if way == "image" else "sending")
    assert not DBTaskResult.objects.ready().exists(), "nothing spins"
    page = va.get(bad.admin_url).text
    assert "is faulty, so it can’t be written" in page
    assert "It is tried again on" in page
    pauses = []
    for _ in range(4):
        bad.refresh_from_db()
        now = bad.held_until + timedelta(seconds=1)
        with time_machine.travel(now):
            send_due()
        bad.refresh_from_db()
        pauses.append(bad.held_until - now)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    assert OutgoingMail.objects.filter(subject__contains="“Bad”").count() == 1
    assert [server.counts[email] for email in emails] == [1] * 5


def test_a_faulty_draft_says_so_on_its_page_and_cannot_be_sent(
    va: Client, site: SmallSite, image: SiteImage
) -> None:
    subscribers(1)
    picture = {"picture": {"image": image, "alt_text": "A desk", "decorative": False}}
    bad = Campaign.objects.create(subject="Bad", body=[("picture", picture)])
    image.renditions.all().delete()
    image.file.storage.delete(image.file.name)
    assert "Something in it is faulty" in va.get(bad.admin_url).text
    for button in ("begin", "confirm", "test"):
        press(va, bad, button, version="", address="me@example.com")
        assert va.get(bad.admin_url).status_code == 200
    press(va, bad, "plan", moment="01/02/2030 10:00")
    assert state(bad) == "draft"
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("deleted image", "A picture in it has been deleted."),
        ("private image", "The picture “Desk” is private"),
        ("deleted post", "There is no post under “New on the blog”"),
        ("unpublished post", "There is no post under “New on the blog”"),
    ],
)
def test_a_newsletter_with_a_gap_is_not_sent_and_says_so(
    va: Client, server: ListServer, site: SmallSite, image: SiteImage, way: str, words: str
) -> None:
    subscribers(1)
    picture = {"picture": {"image": image, "alt_text": "A desk", "decorative": False}}
    posts = {"heading": "New on the blog", "posts": [site.post]}
    body = [("text", "<p>Fine</p>"), ("picture", picture), ("posts", posts)]
    draft = Campaign.objects.create(subject="Draft", body=body)
    planned = Campaign.objects.create(subject="Planned", body=body)
    press(va, planned, "confirm", version="")
    assert words not in va.get(draft.admin_url).text
    if way == "private image":
        collection = Collection.get_first_root_node().add_child(name="Private")
        CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
        image.collection = collection
        image.save()
        move_private_images.call()
    else:
        va.post(
            {
                "deleted image": f"/admin/images/{image.pk}/delete/",
                "deleted post": f"/admin/pages/{site.post.pk}/delete/",
                "unpublished post": f"/admin/pages/{site.post.pk}/unpublish/",
            }[way]
        )
    assert words in va.get(draft.admin_url).text
    press(va, draft, "begin")
    press(va, draft, "confirm", version="")
    assert state(draft) == "draft"
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        send_campaigns.call()
    assert state(planned) == "draft"
    assert words in planned.trouble
    assert words in va.get(planned.admin_url).text
    assert server.counts == {}
    assert words in OutgoingMail.objects.get().text


@pytest.mark.parametrize("email", ["reader@exa mple.com\n", "x" * 70 + "ü@" + "ü" * 64 + ".de"])
def test_a_faulty_subscriber_holds_only_their_own_email(
    va: Client, server: ListServer, campaign: Campaign, email: str, work: Any
) -> None:
    emails = subscribers(9)
    odd = Subscriber.objects.get(email=emails[3])
    Subscriber.objects.filter(pk=odd.pk).update(email=email)
    send(va, campaign)
    work()
    assert [email for email in emails if server.counts[email] != 1] == [emails[3]]
    delivery = Delivery.objects.get(subscriber=odd)
    assert delivery.status in {"waiting", "failed"}
    assert delivery.answer


def test_subscribers_whom_no_newsletter_reaches_are_listed(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(4)
    server.answers[f"RCPT {emails[1]}"] = "550 5.7.1 Not from you"
    server.answers[f"RCPT {emails[2]}"] = "552 5.2.2 Mailbox full"
    send(va, campaign)
    send_due()
    server.answers.pop(f"RCPT {emails[2]}")
    for number in range(2):
        again = Campaign.objects.create(subject=f"N{number}", body=[("text", "<p>Hi</p>")])
        send(va, again)
        send_due()
    assert "Never reached (1)" in va.get("/admin/subscribers/").text
    listed = va.get("/admin/subscribers/?status=unreached").text
    assert emails[1] in listed
    assert emails[0] not in listed
    assert emails[2] not in listed
    assert "1 on your list whom no newsletter reaches" in va.get("/admin/").text
    odd = Subscriber.objects.get(email=emails[1])
    page = va.get(f"/admin/subscribers/inspect/{odd.pk}/").text
    assert "No newsletter reaches this address" in page
    assert "550 5.7.1 Not from you" in page


def test_a_draft_is_not_called_live(va: Client, campaign: Campaign) -> None:
    for path in ("/admin/campaigns/add/", f"/admin/campaigns/edit/{campaign.pk}/"):
        page = va.get(path).text
        assert ">Live<" not in re.sub(r"\s", "", page)
        assert 'data-side-panel="status"' not in page


def test_she_writes_one_in_the_admin(va: Client, site: SmallSite) -> None:
    page = va.get("/admin/campaigns/add/")
    assert page.status_code == 200
    answer = va.post(
        "/admin/campaigns/add/",
        {
            "subject": "Thank you!",
            "nameless": "there",
            "is_public": "on",
            "body-count": "1",
            "body-0-deleted": "",
            "body-0-order": "0",
            "body-0-type": "heading",
            "body-0-id": "",
            "body-0-value-text": "Spring",
            "body-0-value-level": "2",
        },
    )
    campaign = Campaign.objects.get()
    assert answer["Location"] == campaign.admin_url
    assert campaign.slug == "thank-you-2"  # /newsletter/thank-you/ is taken
    assert "Thank you!" in va.get("/admin/campaigns/").text
    Campaign.objects.update(status="sent", started_at=timezone.now())
    assert campaign.admin_url in va.get("/admin/campaigns/").text
    late = va.get(f"/admin/campaigns/edit/{campaign.pk}/", follow=True)
    assert "can’t be changed any more" in late.text


def test_an_editor_that_was_open_meanwhile_takes_nothing_back(
    va: Client, server: ListServer, campaign: Campaign
) -> None:
    emails = subscribers(3)
    open_editor = Campaign.objects.get()
    send(va, campaign)
    open_editor.subject = "Changed too late"
    open_editor.save()
    assert send_due() == 3
    assert state(campaign) == "sent"
    open_editor.save()
    assert send_due() == 0
    assert state(campaign) == "sent"
    assert server.counts == dict.fromkeys(emails, 1)


def test_a_letter_under_way_cannot_be_deleted(va: Client, campaign: Campaign) -> None:
    subscribers(1)
    send(va, campaign)
    va.post(f"/admin/campaigns/delete/{campaign.pk}/")
    va.post(f"/admin/bulk/newsletter/campaign/delete/?id={campaign.pk}")
    assert state(campaign) == "sending"
    press(va, campaign, "stop")
    va.post(f"/admin/campaigns/delete/{campaign.pk}/")
    assert not Campaign.objects.exists()


def test_the_next_one_begins_as_a_copy(va: Client, campaign: Campaign) -> None:
    Campaign.objects.update(status="sent")
    page = va.get(f"/admin/campaigns/copy/{campaign.pk}/").text
    assert "News for {{ first name }}" in page
    assert "spring" in page


@pytest.mark.parametrize("mode", ["mail", "dark", "text", "page"])
@pytest.mark.parametrize("is_new", [False, True])
def test_every_preview_shows_it(campaign: Campaign, mode: str, is_new: bool) -> None:
    if is_new:
        campaign = Campaign(subject="New", body=campaign.body)
    answer = campaign.make_preview_request(preview_mode=mode)
    assert answer.status_code == 200
    assert "spring" in answer.text


def test_a_reader_chooses_what_to_get(client: Client, site: SmallSite) -> None:
    diary = Category.objects.create(name="Diary", slug="diary")
    site.newsletter.topics.add(diary)
    site.newsletter.save()
    ada = subscriber("ada@example.com")
    url = ada.preferences_url.removeprefix("http://127.0.0.1:8000")
    page = client.get(url)
    assert "Diary" in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    answer = client.post(url, {"name": "Ada  Lovelace", "rhythm": "weekly", "topics": [diary.pk]})
    assert answer.status_code == 303
    ada.refresh_from_db()
    assert ada.first_name == "Ada"
    assert list(ada.topics.all()) == [diary]
    assert ada.rhythm == "weekly"
    assert ada.events.get().words == "A round-up of the week’s posts\nDiary"
    long = client.post(url, {"name": "x" * 101})
    assert long.status_code == 422
    assert "Your name must be 100 characters or fewer (it has 101)." in long.text
    assert "Choose one of them." in long.text
    ada.unsubscribe()
    assert "You are unsubscribed" in client.get(url).text
    assert client.get("/newsletter/preferences/nonsense/").status_code == 404


def test_no_more_in_a_second_than_her_provider_takes(
    va: Client, server: ListServer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.sending.SLICE_SECONDS", 0.3)
    emails = subscribers(5)
    SendingSettings.objects.create(per_second=2)
    send(va, campaign)
    now = timezone.now()
    for second in range(3):
        with time_machine.travel(now + timedelta(seconds=second * 10), tick=False):
            assert send_due() == (1 if second == 2 else 2)
    assert server.counts == dict.fromkeys(emails, 1)


def test_a_newsletter_to_the_readers_of_a_deleted_category_is_not_sent_to_everybody(
    va: Client, campaign: Campaign
) -> None:
    category = Category.objects.create(name="Floristry", slug="floristry")
    page = va.get(f"/admin/campaigns/edit/{campaign.pk}/").text
    assert re.search(r'type="checkbox" name="topics"', page)  # none is unticked by mistake
    campaign.topics.set([category])
    campaign.save()
    subscribers(2)
    schedule(campaign, timezone.now() + timedelta(hours=1))
    va.post(f"/admin/categories/delete/{category.pk}/")
    assert not Category.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        begin_planned()
    assert state(campaign) == "draft"
    assert "“Floristry” was deleted" in va.get(campaign.admin_url).text


def test_a_reader_of_one_category_gets_no_others_once_it_is_deleted(
    va: Client, client: Client, server: ListServer, campaign: Campaign, site: SmallSite
) -> None:
    diary, travel = (Category.objects.create(name=name, slug=name) for name in ("diary", "travel"))
    site.newsletter.topics.set([diary, travel])
    site.newsletter.save()
    ada = subscriber("ada@example.com")
    url = ada.preferences_url.removeprefix("http://127.0.0.1:8000")
    chosen = {"name": "", "rhythm": "letters", "topics": [diary.pk]}
    assert client.post(url, chosen).status_code == 303
    va.post(f"/admin/categories/delete/{diary.pk}/")
    campaign.topics.add(travel)
    campaign.save()
    assert list(campaign.audience) == []
    assert client.post(url, chosen | {"topics": []}).status_code == 303  # all of them, they say
    assert list(campaign.audience) == [ada]
