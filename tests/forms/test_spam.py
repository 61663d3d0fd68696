"""What looks like spam is set aside: never refused, never lost, and learnt from."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from altcha import Payload, solve_challenge
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contact.forms import EnquiryForm
from contact.models import Enquiry
from newsletter.models import Comment, Subscriber
from tests.conftest import SmallSite
from vasite.forms.accessible import TRAPS
from vasite.forms.models import SpamSettings, SpamTally, Trace
from vasite.forms.spam.classifier import learn, nothing_learnt, score, score_text
from vasite.forms.spam.features import features
from vasite.forms.spam.proof import check_proof, new_challenge
from vasite.forms.spam.tasks import forget
from vasite.home.tasks import tell_of_waiting
from vasite.mail.models import OutgoingMail

PERSON = {
    "name": "Hannah Cole",
    "email": "hannah@example.com",
    "message": "I run a small bakery in Malvern and could do with a hand with my invoices.",
}
SELLER = {
    "name": "Rank Pro",
    "email": "offers@example.net",
    "message": "We guarantee page one rankings on Google with our affordable SEO packages and "
    "high quality backlinks. Order today https://rankpro.xyz",
}


def solved() -> str:
    challenge = new_challenge()
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def test_it_works(client: Client, va: Client, site: SmallSite, work: Callable[[], None]) -> None:
    for message in (PERSON, SELLER):
        answer = client.post("/contact/", message)
        assert (answer.status_code, answer["Location"]) == (303, "/contact/thank-you/")
    person, seller = Enquiry.objects.order_by("pk")
    assert (person.state, person.verdict) == ("new", "ham")
    assert (seller.state, seller.verdict) == ("spam", "spam")
    assert "Its words are like those of spam" in seller.reason_text
    assert {mail.recipients[0] for mail in OutgoingMail.objects.all()} == {
        "owner@example.com",
        "hannah@example.com",
    }
    inbox = va.get("/admin/enquiries/").text
    assert "Hannah Cole" in inbox
    assert "Rank Pro" not in inbox
    assert "Spam (1)" in inbox
    assert "Rank Pro" in va.get("/admin/enquiries/?state=spam").text
    assert "Its words are like" in va.get(f"/admin/enquiries/edit/{seller.pk}/").text

    va.post(f"/admin/bulk/contact/enquiry/take_back/?id={seller.pk}")
    work()
    client.post("/contact/", SELLER | {"name": "Rank Pro again", "email": "more@example.net"})
    again = Enquiry.objects.get(name="Rank Pro again")
    assert again.verdict == "ham"


def test_what_she_calls_spam_is_spam_the_next_time(
    client: Client, va: Client, site: SmallSite, work: Callable[[], None]
) -> None:
    client.post("/contact/", PERSON)
    enquiry = Enquiry.objects.get()
    va.post(f"/admin/enquiries/edit/{enquiry.pk}/", {"state": "spam"})
    work()
    client.post("/contact/", PERSON | {"name": "Another", "email": "another@example.com"})
    assert Enquiry.objects.get(name="Another").state == "spam"


def test_a_program_that_fills_in_what_nobody_sees_is_set_aside_everywhere(
    client: Client, site: SmallSite
) -> None:
    page = client.get("/contact/").text
    trap = EnquiryForm().trap_name
    assert f'name="{trap}"' in page
    client.post("/contact/", PERSON | {trap: "x"})
    assert Enquiry.objects.get().state == "spam"


@pytest.mark.parametrize("trap", TRAPS)
def test_no_trap_shares_its_id_with_a_part_of_the_page(
    client: Client, site: SmallSite, trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasite.forms.accessible.TRAPS", (trap,))
    monkeypatch.setattr("vasite.pagecache.remembering._known", {})  # holds empty forms
    for path in ("/services/inbox/", "/blog/on-trust/", "/contact/", "/privacy/your-data/"):
        ids = re.findall(r' id="([^"]+)"', client.get(path).text)
        assert len(ids) == len(set(ids)), path


def test_an_address_that_comes_like_spam_gets_no_mail_until_a_person_brings_it(
    client: Client, site: SmallSite
) -> None:
    from newsletter.forms import SubscribeForm

    trap = SubscribeForm().trap_name
    answer = client.post("/newsletter/subscribe/", {"email": "a@example.com", trap: "x"})
    assert answer.status_code == 303
    assert Subscriber.objects.get().status == "held"
    assert not OutgoingMail.objects.exists()
    client.post("/newsletter/subscribe/", {"email": "A@example.com"})
    assert Subscriber.objects.get().status == "unconfirmed"
    assert OutgoingMail.objects.get().recipients == ["a@example.com"]


def test_va_lets_an_address_in(client: Client, va: Client, site: SmallSite) -> None:
    held = Subscriber.objects.create(
        email="a@example.com", email_key="a@example.com", status="held"
    )
    va.post(f"/admin/bulk/newsletter/subscriber/let_in/?id={held.pk}")
    assert Subscriber.objects.get().status == "unconfirmed"
    assert OutgoingMail.objects.get().recipients == ["a@example.com"]


def test_a_proof_counts_once(client: Client, site: SmallSite) -> None:
    proof = solved()
    for name in ("First", "Second"):
        client.post("/contact/", PERSON | {"name": name, "altcha": proof})
    first, second = Enquiry.objects.order_by("pk")
    assert first.reasons == []
    assert second.reasons == ["Its proof of work is false or was used before"]


@pytest.mark.parametrize("payload", ["nonsense", "e30=", "x" * 5000, "bnVsbA=="])
def test_a_false_proof_is_no_fault_of_the_form(
    client: Client, site: SmallSite, payload: str
) -> None:
    assert client.post("/contact/", PERSON | {"altcha": payload}).status_code == 303
    assert Enquiry.objects.get().reasons == ["Its proof of work is false or was used before"]


def test_an_old_challenge_proves_nothing() -> None:
    proof = solved()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert check_proof(proof)[0] == "wrong"


@pytest.mark.parametrize("late", [timedelta(minutes=11), timedelta(days=40)])
def test_what_is_sent_with_a_late_proof_is_stored(
    client: Client, site: SmallSite, late: timedelta
) -> None:
    proof = solved()
    with time_machine.travel(timezone.now() + late):
        assert client.post("/contact/", PERSON | {"altcha": proof}).status_code == 303
    enquiry = Enquiry.objects.get()
    assert enquiry.message == PERSON["message"]
    assert enquiry.reasons == ["Its proof of work is false or was used before"]


def test_the_challenge_is_never_kept_by_a_cache(client: Client, db: None) -> None:
    answer = client.get("/forms/challenge/")
    assert answer.json()["parameters"]["algorithm"] == "PBKDF2/SHA-256"
    assert "no-store" in answer["Cache-Control"]


def test_many_from_one_network_wait_and_a_person_elsewhere_does_not(
    client: Client, site: SmallSite
) -> None:
    for number in range(25):
        client.post(
            "/contact/",
            PERSON | {"name": f"N {number}", "email": f"n{number}@example.com"},
            REMOTE_ADDR=f"198.51.100.{number}",
        )
    client.post("/contact/", PERSON | {"name": "Hannah"}, REMOTE_ADDR="203.0.113.9")
    assert Enquiry.objects.get(name="N 0").verdict == "ham"
    assert Enquiry.objects.get(name="N 24").verdict != "ham"
    client.post(
        "/contact/",
        {"name": "Tom", "email": "tom@example.com", "message": "Could you ring me about my diary?"},
        REMOTE_ADDR="203.0.113.10",
    )
    assert Enquiry.objects.get(name="Tom").verdict == "ham"


def test_a_busy_hour_is_told_in_one_mail(client: Client, site: SmallSite) -> None:
    for number in range(13):
        client.post(
            "/contact/",
            PERSON
            | {"message": f"Question {number} about my diary", "email": f"n{number}@example.com"},
            REMOTE_ADDR=f"198.51.{number}.7",
        )
    to_her = OutgoingMail.objects.filter(recipients=["owner@example.com"])
    assert to_her.count() == 10
    assert tell_of_waiting.func() == 3
    assert tell_of_waiting.func() == 0
    mail = to_her.latest("pk")
    assert mail.subject == "Messages wait on your website"
    assert "Enquiries: 3" in mail.text
    assert to_her.count() == 11


def test_what_she_took_back_herself_is_no_news(client: Client, va: Client, site: SmallSite) -> None:
    client.post("/contact/", SELLER)
    va.post(f"/admin/bulk/contact/enquiry/take_back/?id={Enquiry.objects.get().pk}")
    assert Enquiry.objects.get().state == "new"
    assert tell_of_waiting.func() == 0


def test_her_own_words_hold_a_comment(client: Client, site: SmallSite) -> None:
    words = SpamSettings.load()
    words.held_words = "rival\n\nHEREFORD"
    words.save()
    client.post(
        f"/comments/{site.post.pk}/",
        {"name": "Priya", "email": "p@example.com", "comment": "I live in Hereford myself."},
    )
    comment = Comment.objects.get()
    assert (comment.status, comment.verdict) == ("waiting", "unsure")
    assert "Holds “HEREFORD”, one of your words" in comment.reasons
    assert not OutgoingMail.objects.exists()


def test_spam_goes_after_thirty_days_and_is_counted(client: Client, site: SmallSite) -> None:
    client.post("/contact/", SELLER)
    client.post("/contact/", PERSON)
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        forget.func()
        assert Enquiry.objects.count() == 2
        assert not Trace.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        forget.func()
    assert Enquiry.objects.get().name == "Hannah Cole"
    assert SpamTally.objects.get().count == 1


def test_traces_hold_no_address(client: Client, site: SmallSite) -> None:
    client.post("/contact/", PERSON, REMOTE_ADDR="198.51.100.7")
    marks = " ".join(Trace.objects.values_list("mark", flat=True))
    assert "198.51" not in marks
    assert "hannah" not in marks


def test_one_thank_you_a_day_and_address(client: Client, site: SmallSite) -> None:
    for number in range(3):
        client.post("/contact/", PERSON | {"message": f"Question {number}"})
    assert OutgoingMail.objects.filter(recipients=["hannah@example.com"]).count() == 1


@given(text=st.text(max_size=400), name=st.text(max_size=40), is_spam=st.booleans())
def test_the_filter_reads_anything_and_takes_any_lesson(
    text: str, name: str, is_spam: bool
) -> None:
    found = features(text, name)
    learnt = nothing_learnt()
    before = score(found, learnt)
    assert before == score_text(text, name)
    learn(learnt, found, is_spam)
    assert score(found, learnt) >= before if is_spam else score(found, learnt) <= before


@pytest.mark.parametrize("letter", ["a", "\u3316", "\ufdfa", ".", "www.", "$1"])
def test_a_strangers_odd_text_is_judged_in_a_moment(letter: str) -> None:
    began = time.process_time()
    for _ in range(10):
        features(letter * 5000)
    assert time.process_time() - began < 1  # ten seconds, when six letters came of one


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, this is just what I needed.",
        "Could you help with our SEO? We are a small café in Worcester.",
        "Do you do invoices for an online casino night we run for charity?",
        "Call me please",
        "Bonjour, je cherche une assistante pour mes factures.",
    ],
)
def test_people_look_like_people(text: str) -> None:
    assert score_text(text) < 0.5
