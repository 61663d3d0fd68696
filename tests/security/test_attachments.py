"""Nobody fills the disk with attachments, and nobody's message is lost for it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from contact.forms import EnquiryForm
from contact.models import Enquiry, EnquiryFile, usual_form
from tests.conftest import SmallSite
from tests.security.conftest import ip_address, solve
from vasite.mail.models import OutgoingMail

MEGABYTE = 1024 * 1024
TOLD = "/contact/thank-you/without-files/"
LIMITS = {"network": 3 * MEGABYTE, "hour": 5 * MEGABYTE, "total": 8 * MEGABYTE}


@pytest.fixture
def files_wanted(site: SmallSite, settings: Any) -> SmallSite:
    """The contact page with three file questions, on a site with little room."""
    settings.ATTACHMENT_BYTES = LIMITS
    value = {"label": "Your brief", "hint": "", "required": False, "kinds": ["pdf"]}
    site.contact.form_fields = [
        *usual_form(),
        *({"type": "file", "value": value, "id": f"file{number}"} for number in range(3)),
    ]
    site.contact.save_revision().publish()
    return site


def pdf(size: int = MEGABYTE) -> SimpleUploadedFile:
    return SimpleUploadedFile("brief.pdf", b"%PDF-1.7".ljust(size, b" "))


def send(number: int, *, address: str = "", files: int = 1, **changes: str) -> Any:
    fields = {
        "name": f"Hannah {number}",
        "email": f"hannah{number}@example.com",
        "message": f"Could you look after diary number {number} for me?",
        "altcha": solve(),
    }
    attached = {f"question-file{index}": pdf() for index in range(files)}
    return Client().post(
        "/contact/", fields | attached | changes, REMOTE_ADDR=address or ip_address(number)
    )


def stored_bytes() -> int:
    return sum(len(file.content) for file in EnquiryFile.objects.all())


def test_a_file_that_a_person_sends_is_kept(files_wanted: SmallSite) -> None:
    answer = send(1)
    assert answer["Location"] == "/contact/thank-you/"
    assert Enquiry.objects.get().files.get().name == "brief.pdf"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"honeypot": "x"}, id="honeypot"),
        pytest.param(
            {
                "message": "We guarantee page one rankings on Google with our affordable SEO "
                "packages and high quality backlinks. Order today https://rankpro.xyz",
                "altcha": "",
            },
            id="words of spam",
        ),
    ],
)
def test_spam_is_kept_to_be_read_and_its_files_are_not(
    files_wanted: SmallSite, changes: dict[str, str]
) -> None:
    changes = dict(changes)
    if honeypot := changes.pop("honeypot", ""):
        changes[EnquiryForm().trap_name] = honeypot
    answer = send(1, files=3, **changes)
    assert answer.status_code == 303
    assert answer["Location"] == f"{TOLD}suspected/"
    enquiry = Enquiry.objects.get()
    assert enquiry.state == "spam"
    assert not enquiry.files.exists()
    page = Client().get(answer["Location"]).text
    assert "Your message is here" in page
    assert "looked like an advertisement or the work of a program" in page
    assert "owner@example.com" in page


def test_files_of_messages_that_come_too_fast_are_not_kept(files_wanted: SmallSite) -> None:
    address = "198.51.100.7"
    for number in range(25):
        send(number, address=address, files=0, altcha="")
    answer = send(30, address=address, altcha="")
    assert answer["Location"] == f"{TOLD}busy/"
    assert Enquiry.objects.get(name="Hannah 30").verdict == "unsure"
    assert not EnquiryFile.objects.exists()


def test_one_network_stores_only_so_much_in_an_hour_and_other_people_are_not_disturbed(
    files_wanted: SmallSite, va: Client
) -> None:
    answers = [send(number, address=f"198.51.100.{number}")["Location"] for number in range(5)]
    assert answers[:3] == ["/contact/thank-you/"] * 3
    assert answers[3:] == [f"{TOLD}busy/"] * 2
    assert Enquiry.objects.count() == 5
    assert stored_bytes() == LIMITS["network"]
    assert "more is arriving than this site takes" in Client().get(answers[3]).text
    last = Enquiry.objects.get(name="Hannah 4")
    told = "because more is arriving than this site takes in an hour"
    assert told in va.get(f"/admin/enquiries/edit/{last.pk}/").text
    assert told in OutgoingMail.objects.get(subject="New enquiry from Hannah 4").text
    assert send(6)["Location"] == "/contact/thank-you/"


def test_all_networks_together_store_only_so_much_in_an_hour_and_in_all(
    files_wanted: SmallSite,
) -> None:
    refusals = [send(number)["Location"].split("/")[-2] for number in range(7)]
    assert refusals == [*["thank-you"] * 5, "busy", "busy"]
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        refusals = [send(number)["Location"].split("/")[-2] for number in range(10, 15)]
        assert refusals == [*["thank-you"] * 3, "full", "full"]
        assert "no room left for files" in Client().get(f"{TOLD}full/").text
        assert send(20, files=0)["Location"] == "/contact/thank-you/"
    assert stored_bytes() == LIMITS["total"]
    assert Enquiry.objects.count() == 13


def test_a_second_click_says_the_same_of_the_files(files_wanted: SmallSite) -> None:
    trap = EnquiryForm().trap_name
    first, second = (send(1, **{trap: "x"})["Location"] for _ in range(2))
    assert first == second == f"{TOLD}suspected/"
    assert Enquiry.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_uploads_at_the_same_moment_stay_within_the_limit(files_wanted: SmallSite) -> None:
    proofs = [solve() for _ in range(8)]
    barrier = threading.Barrier(8)

    def upload(number: int) -> None:
        barrier.wait()
        try:
            send(number, altcha=proofs[number])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Enquiry.objects.count() == 8
    assert stored_bytes() == LIMITS["hour"]


def test_no_other_reason_has_a_page(files_wanted: SmallSite, client: Client) -> None:
    assert client.get(f"{TOLD}nonsense/").status_code == 404
