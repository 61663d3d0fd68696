"""A visitor sends the contact form."""

from email import message_from_bytes
from email.policy import SMTP

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact.forms import EnquiryForm
from contact.models import Enquiry
from tests.conftest import SmallSite
from tests.refusing import refused
from vasite.characters import clean_text
from vasite.mail.models import OutgoingMail

MAIL_HEADERS = {
    "Content-Type",
    "MIME-Version",
    "Subject",
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
}
MESSAGE = {
    "name": "Hannah Cole",
    "email": "hannah@example.com",
    "phone": "01632 960733",
    "service": "inbox",
    "message": "Could you take over my mail?",
}


def test_it_works(client: Client, site: SmallSite) -> None:
    answer = client.post("/contact/", MESSAGE, headers={"Referer": "http://testserver/services/"})
    assert answer.status_code == 303
    assert answer["Location"] == "/contact/thank-you/"
    enquiry = Enquiry.objects.get()
    assert (enquiry.name, enquiry.phone, enquiry.state) == ("Hannah Cole", "01632 960733", "new")
    assert enquiry.service == site.service
    assert enquiry.came_from == "/services/"
    notice, thanks = OutgoingMail.objects.order_by("pk")
    assert notice.recipients == ["owner@example.com"]
    assert notice.reply_to == ["hannah@example.com"]
    assert "Could you take over my mail?" in notice.text
    assert thanks.recipients == ["hannah@example.com"]
    assert thanks.subject == "Thank you for your message to Severn Office"
    assert "Thank you" in client.get("/contact/thank-you/").text


def test_visitor_gets_back_what_was_typed_with_the_fault_named(
    client: Client, site: SmallSite
) -> None:
    answer = client.post("/contact/", MESSAGE | {"email": "hannah@", "message": ""})
    assert answer.status_code == 422
    assert answer["Cache-Control"] == "no-store"
    assert "Hannah Cole" in answer.text
    assert 'value="hannah@"' in answer.text
    assert '<a href="#enquiry-email">' in answer.text
    assert "Write a few words about what you need." in answer.text
    assert 'aria-describedby="enquiry-email_helptext enquiry-email_error"' in answer.text
    assert not Enquiry.objects.exists()


def test_a_service_page_leads_to_the_form_set_to_it(client: Client, site: SmallSite) -> None:
    assert '/contact/?service=inbox"' in client.get("/services/inbox/").text
    assert '<option value="inbox" selected>' in client.get("/contact/?service=inbox").text


def test_two_clicks_are_stored_once(client: Client, site: SmallSite) -> None:
    for _ in range(2):
        assert client.post("/contact/", MESSAGE).status_code == 303
    assert Enquiry.objects.count() == 1
    assert OutgoingMail.objects.count() == 2


def test_a_different_message_is_stored_too(client: Client, site: SmallSite) -> None:
    client.post("/contact/", MESSAGE)
    client.post("/contact/", MESSAGE | {"message": "And my diary?"})
    assert Enquiry.objects.count() == 2


def test_what_falls_into_the_trap_is_kept_as_spam_without_a_mail(
    client: Client, site: SmallSite
) -> None:
    trap = EnquiryForm().trap_name
    assert client.post("/contact/", MESSAGE | {trap: "http://spam"}).status_code == 303
    assert Enquiry.objects.get().state == "spam"
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"name": "A\r\nBcc: all@example.com"}, 303, id="header injection"),
        pytest.param({"message": "nul \x00 byte"}, 303, id="NUL byte"),
        pytest.param({"message": "x" * 5001}, 422, id="too long"),
        pytest.param({"name": "x" * 101}, 422, id="long name"),
        pytest.param({"service": "no-such"}, 422, id="unknown service"),
        pytest.param({"message": "مرحبا بك 👋🏽"}, 303, id="right-to-left and emoji"),
    ],
)
def test_odd_input_is_answered(
    client: Client, site: SmallSite, changes: dict[str, str], status: int
) -> None:
    assert client.post("/contact/", MESSAGE | changes).status_code == status
    for mail in OutgoingMail.objects.all():
        assert "\n" not in mail.subject
        assert mail.bcc == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=120), message=st.text(max_size=300))
def test_whatever_is_typed_is_stored_as_it_is_or_comes_back(
    client: Client, site: SmallSite, name: str, message: str
) -> None:
    Enquiry.objects.all().delete()  # or the same words in capitals would be a second click
    answer = client.post("/contact/", MESSAGE | {"name": name, "message": message})
    if answer.status_code == 303:
        enquiry = Enquiry.objects.latest("pk")
        assert enquiry.name == " ".join(clean_text(name).split())
        assert enquiry.message.split() == clean_text(message).split()
        for mail in OutgoingMail.objects.order_by("-pk")[:2]:
            sent = message_from_bytes(mail.as_message().message().as_bytes(), policy=SMTP)
            assert sent["To"] in {"owner@example.com", "hannah@example.com"}
            assert set(sent) == MAIL_HEADERS
    else:
        assert answer.status_code == 422
        assert 'class="error-summary"' in answer.text


def test_a_message_that_is_too_long_says_by_how_much(client: Client, site: SmallSite) -> None:
    answer = client.post("/contact/", MESSAGE | {"message": "x" * 5001})
    assert "“How can I help?” must be 5,000 characters or fewer (it has 5,001)." in answer.text
    assert "x" * 5001 in answer.text


def test_ten_megabytes_are_refused_without_a_traceback(client: Client, site: SmallSite) -> None:
    answer = client.post(
        "/contact/", "message=" + "x" * 10_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in {400, 413}
    assert "could not be understood" in answer.text


def test_bytes_in_another_encoding_are_answered(client: Client, site: SmallSite) -> None:
    body = b"name=J\xfcrgen&email=j@example.com&message=Gr\xfc\xdfe"
    kind = "application/x-www-form-urlencoded; charset=nonsense"
    assert client.generic("POST", "/contact/", body, kind).status_code in {303, 400, 422}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_another_sites_form_is_refused(
    site: SmallSite, headers: dict[str, str], status: int
) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/contact/", MESSAGE, headers=headers).status_code == status


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_enquiry_and_mails_are_stored_together_or_not_at_all(
    client: Client, site: SmallSite
) -> None:
    client.raise_request_exception = False
    with refused(OutgoingMail):
        assert client.post("/contact/", MESSAGE).status_code == 500
    assert not Enquiry.objects.exists()
    assert transaction.get_connection().in_atomic_block is False


def test_va_finds_and_settles_it(client: Client, va: Client, site: SmallSite) -> None:
    Client().post("/contact/", MESSAGE)
    enquiry = Enquiry.objects.get()
    assert "Enquiries (1)" in va.get("/admin/").text
    assert "Hannah Cole" in va.get("/admin/enquiries/").text
    assert "Could you take over my mail?" in va.get(f"/admin/enquiries/edit/{enquiry.pk}/").text
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "answered"})
    enquiry.refresh_from_db()
    assert enquiry.state == "answered"
    assert enquiry.message == MESSAGE["message"]
    assert va.get("/admin/enquiries/add/").status_code in {302, 403, 404}
