"""A person sees, takes along and erases what the site keeps of them."""

import json
import re
from base64 import b64encode
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from contact.models import Enquiry
from newsletter.models import Comment, Subscriber, SubscriberEvent
from tests.conftest import SmallSite
from vasite.home.tasks import send_requested_links
from vasite.mail.models import OutgoingMail

PERSON = "hannah@example.com"


@pytest.fixture
def known(site: SmallSite) -> None:
    client = Client()
    for words in ("Could you take over my mail?", "The job we did"):
        client.post("/contact/", {"name": "Hannah Cole", "email": PERSON, "message": words})
    Enquiry.objects.filter(message="The job we did").update(state="won")
    for words in ("Alone", "Answered"):
        client.post(
            f"/comments/{site.post.pk}/",
            {"name": "Hannah", "email": "Hannah@Example.com", "comment": f"{words}, well said."},
        )
    Comment.objects.update(status="approved")
    answer = Comment(
        page=site.post,
        parent=Comment.objects.get(comment__startswith="Answered"),
        name="Tom",
        email="tom@example.com",
        comment="I agree with Hannah’s point.",
        status="approved",
    )
    answer.set_content("answer")
    answer.save()
    client.post("/newsletter/subscribe/", {"email": PERSON})
    client.post("/contact/", {"name": "Tom", "email": "tom@example.com", "message": "My diary?"})


def ask(client: Client, email: str = PERSON) -> str:
    answer = client.post("/privacy/your-data/", {"email": email})
    assert (answer.status_code, answer["Location"]) == (303, "/privacy/your-data/asked/")
    send_requested_links.func()
    mails = OutgoingMail.objects.filter(subject="What Severn Office keeps of you")
    if not mails:
        return ""
    found = re.search(r"http://[^/]+(/privacy/your-data/\S+)", mails.get().text)
    assert found
    return found[1]


def test_it_works(client: Client, known: None) -> None:
    assert "Your data on this site" in client.get("/privacy/your-data/").text
    path = ask(client)
    page = client.get(path)
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    letters = Subscriber.Rhythm.LETTERS.label
    agreed = SubscriberEvent.objects.exclude(words="").get().words.splitlines()[1]
    own = ("Could you take over my mail?", "Alone, well said.", "This stays.", letters, agreed)
    for words in own:
        assert escape(words) in page.text
    assert "My diary?" not in page.text

    client.post(path)
    assert [enquiry.message for enquiry in Enquiry.objects.filter(name="Hannah Cole")] == [
        "The job we did"
    ]
    assert not Subscriber.objects.exists()
    post = client.get("/blog/on-trust/").text
    assert "Alone" not in post
    assert "Answered" not in post
    assert "(erased at the wish of its author)" in post
    assert "I agree with Hannah’s point." in post
    told = OutgoingMail.objects.get(subject="Somebody had their data erased")
    assert told.recipients == ["owner@example.com"]
    assert "six years" in told.text
    assert PERSON not in told.text
    assert not OutgoingMail.objects.filter(recipients=[PERSON]).exists()
    assert Enquiry.objects.filter(name="Tom").exists()


def test_nothing_is_erased_without_a_question(client: Client, known: None) -> None:
    path = ask(client)
    page = client.get(path).text
    assert 'method="post"' not in page
    assert 'href="?erase=1">Delete my data…' in page
    question = client.get(f"{path}?erase=1").text
    assert "This can’t be undone." in question
    assert 'href="?">Keep it' in question
    assert 'method="post"><p class="buttons"><button class="button" type="submit">Yes' in question
    assert client.post(f"{path}?erase=1")["Location"] == path
    assert not Subscriber.objects.exists()


def test_the_files_that_came_with_an_enquiry_come_along(client: Client, known: None) -> None:
    enquiry = Enquiry.objects.get(email=PERSON, state="won")
    enquiry.files.create(question="Your brief", name="brief.pdf", content=b"%PDF-1.7")
    entries = json.loads(client.get(f"{ask(client)}?as=json").text)
    (files,) = (entry["files"] for entry in entries if entry["state"] == "Won")
    assert files == {"brief.pdf": b64encode(b"%PDF-1.7").decode()}


def test_it_comes_along_as_json_and_as_text(client: Client, known: None) -> None:
    path = ask(client)
    answer = client.get(f"{path}?as=json")
    assert answer["Content-Disposition"] == 'attachment; filename="your-data.json"'
    entries = json.loads(answer.text)
    assert {"Enquiry", "Comment", "Newsletter", "Mail"} == {entry["kind"] for entry in entries}
    text = client.get(f"{path}?as=text").text
    assert "Message: Could you take over my mail?" in text


def test_nobody_learns_whether_an_address_is_known(client: Client, known: None) -> None:
    assert ask(client, "stranger@example.com") == ""


def test_an_inbox_is_not_filled_by_asking_again(client: Client, known: None) -> None:
    for _ in range(3):
        ask(client)
    assert OutgoingMail.objects.filter(subject="What Severn Office keeps of you").count() == 1


def test_the_link_ends_after_three_days(client: Client, known: None) -> None:
    path = ask(client)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert client.post(path).status_code == 404
    assert Subscriber.objects.exists()


def test_a_faulty_address_comes_back(client: Client, site: SmallSite) -> None:
    answer = client.post("/privacy/your-data/", {"email": "hannah@"})
    assert answer.status_code == 422
    assert 'value="hannah@"' in answer.text
