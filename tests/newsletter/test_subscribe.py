"""A reader subscribes, confirms, and leaves."""

import re
from datetime import timedelta

import time_machine
from django.test import Client
from django.utils import timezone

from newsletter.models import Campaign, NewsletterPage, Subscriber, SubscriberEvent
from newsletter.tasks import forget_unconfirmed
from tests.conftest import SmallSite
from vasite.mail.models import OutgoingMail


def subscribe(client: Client, email: str = "reader@example.com"):
    return client.post("/newsletter/subscribe/", {"email": email})


def link(word: str) -> str:
    mail = OutgoingMail.objects.order_by("-pk")[0]
    found = re.search(rf"http://127\.0\.0\.1:8000(/newsletter/{word}/\S+)", mail.text)
    assert found
    return found[1]


def test_it_works(client: Client, site: SmallSite) -> None:
    answer = subscribe(client)
    assert answer.status_code == 303
    assert answer["Location"] == "/newsletter/thank-you/"
    assert Subscriber.objects.get().status == "unconfirmed"
    confirm = link("confirm")
    assert '<button class="button" type="submit">' in client.get(confirm).text
    assert Subscriber.objects.get().status == "unconfirmed"  # a link scanner confirms nothing
    assert client.post(confirm).status_code == 303
    assert Subscriber.objects.get().status == "confirmed"
    assert "You are subscribed" in client.get(confirm).text


def test_every_mail_has_an_unsubscribe_link_that_works_signed_out(
    client: Client, site: SmallSite
) -> None:
    subscribe(client)
    mail = OutgoingMail.objects.get()
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = link("unsubscribe")
    assert url in mail.headers["List-Unsubscribe"]
    assert client.get(url).status_code == 200
    assert Subscriber.objects.get().status == "unconfirmed"
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):  # twice is as good as once
        answer = strict.post(url, {"List-Unsubscribe": "One-Click"}, headers=elsewhere)
        assert answer.status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"


def test_no_link_of_a_mail_gets_into_a_referer_or_a_cache(client: Client, site: SmallSite) -> None:
    subscribe(client)
    links = [link("confirm"), link("unsubscribe")]
    reader = Subscriber.objects.get()
    reader.confirm()
    links += [reader.preferences_url.removeprefix("http://127.0.0.1:8000"), f"{links[0][:-3]}xx/"]
    for url in links:
        answer = client.get(url)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


def test_unsubscribing_works_for_ever(client: Client, site: SmallSite) -> None:
    subscribe(client)
    url = link("unsubscribe")
    with time_machine.travel(timezone.now() + timedelta(days=3650)):
        assert client.post(url).status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"


def test_a_link_to_confirm_ends_after_seven_days(client: Client, site: SmallSite) -> None:
    subscribe(client)
    old = link("confirm")
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        answer = client.get(old)
        assert answer.status_code == 410
        assert "Send me a new one" in answer.text
        for _ in range(2):  # one mail an hour, however often it is pressed
            assert client.post(old)["Location"] == "/newsletter/thank-you/"
        assert Subscriber.objects.get().status == "unconfirmed"
        assert OutgoingMail.objects.count() == 2
        client.post(link("confirm"))
    assert Subscriber.objects.get().status == "confirmed"


def test_a_known_address_gets_the_same_page_and_no_second_mail(
    client: Client, site: SmallSite
) -> None:
    first, second = subscribe(client), subscribe(client, "READER@example.com")
    assert first["Location"] == second["Location"]
    assert Subscriber.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


def test_a_confirmed_reader_is_told_so_by_mail(client: Client, site: SmallSite) -> None:
    subscribe(client)
    client.post(link("confirm"))
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        subscribe(client)
    assert OutgoingMail.objects.order_by("-pk")[0].subject.startswith("You already get")


def test_a_broken_link_says_so(client: Client, site: SmallSite) -> None:
    for word in ("confirm", "unsubscribe"):
        answer = client.get(f"/newsletter/{word}/nonsense:token/")
        assert answer.status_code == 404
        assert "doesn’t work" in answer.text


def test_a_token_for_one_purpose_serves_no_other(client: Client, site: SmallSite) -> None:
    subscribe(client)
    assert client.get(link("unsubscribe").replace("unsubscribe", "confirm")).status_code == 404


def test_a_faulty_address_comes_back(client: Client, site: SmallSite) -> None:
    answer = subscribe(client, "reader@@example")
    assert answer.status_code == 422
    assert 'value="reader@@example"' in answer.text
    assert answer["Cache-Control"] == "no-store"


def test_reader_whose_address_is_refused_still_sees_the_letters_so_far(
    client: Client, site: SmallSite
) -> None:
    Campaign.objects.create(
        subject="Spring", slug="spring", status="sent", is_public=True, started_at=timezone.now()
    )
    assert "/newsletter/spring/" not in client.get("/").text
    for answer in (client.get("/newsletter/"), subscribe(client, "reader@@example")):
        assert 'href="/newsletter/spring/"' in answer.text
        assert answer.text.count('<nav class="breadcrumbs"') == 0  # "Home" alone says nothing
    assert "<title>Error: Newsletter – " in answer.text


def test_a_link_to_confirm_works_once(client: Client, site: SmallSite) -> None:
    subscribe(client)
    confirm = link("confirm")
    client.post(confirm)
    client.post(link("unsubscribe"))
    assert client.post(confirm).status_code == 404  # it was used, and its owner has left since
    assert Subscriber.objects.get().status == "unsubscribed"
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        subscribe(client)
        client.post(link("confirm"))
    assert Subscriber.objects.get().status == "confirmed"


def test_what_was_agreed_to_is_kept(client: Client, site: SmallSite) -> None:
    NewsletterPage.objects.update(invitation_text="One letter a month.")
    client.post(
        "/newsletter/subscribe/",
        {"email": "reader@example.com"},
        headers={"Referer": "http://testserver/blog/trust/"},
    )
    client.post(link("confirm"))
    client.post(link("unsubscribe"))
    asked, confirmed, left = SubscriberEvent.objects.all()
    assert asked.page == "/blog/trust/"
    assert asked.words.splitlines() == [
        "Subscribe to my newsletter",
        "One letter a month.",
        "You confirm by mail, and one click ends it.",
        "[Subscribe]",
    ]
    assert "[Yes, send it to me]" in confirmed.words
    assert left.text.startswith("Unsubscribed")


def test_two_spellings_are_one_address(client: Client, site: SmallSite) -> None:
    for email in ("Reader@bücher.example", "reader@BÜCHER.example", "reader@xn--bcher-kva.example"):
        subscribe(client, email)
    assert Subscriber.objects.get().email == "Reader@bücher.example"


def test_an_address_that_is_never_confirmed_is_forgotten(client: Client, site: SmallSite) -> None:
    subscribe(client)
    subscribe(client, "another@example.com")
    client.post(link("confirm"))
    assert forget_unconfirmed.call() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert forget_unconfirmed.call() == 1
    assert Subscriber.objects.get().email == "another@example.com"
