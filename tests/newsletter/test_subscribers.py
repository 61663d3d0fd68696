"""The VA looks after her list of subscribers."""

import pytest
from django.test import Client

from newsletter.models import ErasedAddress, Subscriber
from tests.conftest import SmallSite
from tests.newsletter.test_subscribe import link, subscribe
from vasite.mail.models import OutgoingMail

ADD = "/admin/subscribers/add/"


@pytest.fixture
def reader(site: SmallSite) -> Subscriber:
    return Subscriber.objects.create(
        email="reader@example.com", email_key="reader@example.com", status="confirmed"
    )


def test_she_adds_somebody_who_agreed_elsewhere(va: Client, site: SmallSite) -> None:
    answer = va.post(ADD, {"email": "Maria@example.com", "source": "Signed the list at the fair"})
    assert answer.status_code == 302
    maria = Subscriber.objects.get()
    assert (maria.status, maria.email_key) == ("confirmed", "maria@example.com")
    page = va.get(f"/admin/subscribers/inspect/{maria.pk}/").text
    assert "Added by hand" in page
    assert "Signed the list at the fair" in page
    assert not OutgoingMail.objects.exists()  # her next letter is the first she gets


def test_nobody_is_added_without_a_source(va: Client, site: SmallSite) -> None:
    answer = va.post(ADD, {"email": "maria@example.com", "source": ""})
    assert "This field is required" in answer.text
    assert not Subscriber.objects.exists()


def test_nobody_is_added_twice(va: Client, reader: Subscriber) -> None:
    answer = va.post(ADD, {"email": "READER@example.com", "source": "The fair"})
    assert "on the list already: Confirmed" in answer.text
    assert Subscriber.objects.count() == 1


@pytest.mark.parametrize("many", [False, True])
def test_who_was_erased_comes_back_only_by_themselves(
    va: Client, client: Client, reader: Subscriber, many: bool
) -> None:
    va.post(
        f"/admin/bulk/newsletter/subscriber/delete/?id={reader.pk}"
        if many
        else f"/admin/subscribers/delete/{reader.pk}/"
    )
    assert not Subscriber.objects.exists()
    assert "reader" not in ErasedAddress.objects.get().mark
    answer = va.post(ADD, {"email": reader.email, "source": "The fair"})
    assert "This address was erased" in answer.text
    subscribe(client, reader.email)
    client.post(link("confirm"))
    assert Subscriber.objects.get().status == "confirmed"


@pytest.mark.parametrize("many", [False, True])
def test_a_blocked_address_gets_nothing(
    va: Client, client: Client, site: SmallSite, many: bool
) -> None:
    subscribe(client)
    confirm, unsubscribe = link("confirm"), link("unsubscribe")
    OutgoingMail.objects.all().delete()
    reader = Subscriber.objects.get()
    va.post(
        f"/admin/bulk/newsletter/subscriber/block/?id={reader.pk}"
        if many
        else f"/admin/subscribers/{reader.pk}/block/"
    )
    Subscriber.objects.update(last_mailed_at=None)
    assert subscribe(client)["Location"] == "/newsletter/thank-you/"  # as everybody sees
    assert client.post(confirm).status_code == 404
    assert "You are unsubscribed" in client.post(unsubscribe).text
    assert Subscriber.objects.get().status == "blocked"
    assert not OutgoingMail.objects.exists()


def test_a_block_is_lifted(va: Client, client: Client, reader: Subscriber) -> None:
    va.post(f"/admin/subscribers/{reader.pk}/block/")
    page = va.post(f"/admin/subscribers/{reader.pk}/block/", {"lift": ""}, follow=True).text
    assert "may subscribe again" in page
    subscribe(client)
    client.post(link("confirm"))
    assert Subscriber.objects.get().status == "confirmed"


def test_a_stranger_changes_nothing(client: Client, reader: Subscriber) -> None:
    assert client.post(f"/admin/subscribers/{reader.pk}/block/").status_code == 403
    assert Subscriber.objects.get().status == "confirmed"


def test_a_domain_that_is_too_long_as_it_is_sent_is_refused(
    client: Client, site: SmallSite
) -> None:
    response = subscribe(client, f"a@{'ü.' * 100}example")
    assert response.status_code == 422
    assert "No website or mail server can have the name" in response.text
