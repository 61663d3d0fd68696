"""The VA makes the enquiry form her own, and a visitor answers it."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from contact.models import Enquiry, usual_form
from tests.conftest import SmallSite, picture_bytes
from vasite.mail.models import OutgoingMail

MESSAGE = {
    "name": "Hannah Cole",
    "email": "hannah@example.com",
    "message": "Could you take over my mail?",
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OWN = {
    "question": {"label": "Who told you of me?", "hint": "", "required": False, "is_long": False},
    "choice": {
        "label": "How shall I answer?",
        "hint": "",
        "required": True,
        "options": ["By mail", "By telephone"],
    },
    "choices": {
        "label": "What weighs on you?",
        "hint": "Tick all that do.",
        "required": False,
        "options": ["Inbox", "Diary", "Invoices"],
    },
    "date": {"label": "When shall it begin?", "hint": "", "required": False},
    "file": {"label": "Your brief", "hint": "", "required": False, "kinds": ["pdf", "picture"]},
    "consent": {"text": "<p>I have read the <a href='https://example.com/'>small print</a>.</p>"},
}


def ask(site: SmallSite, *kinds: str, **changes: Any) -> None:
    """Adds questions of these kinds to the form, with the kind as their id."""
    site.contact.form_fields = [
        *usual_form(),
        *({"type": kind, "value": OWN[kind] | changes, "id": kind} for kind in kinds),
    ]
    site.contact.save_revision().publish()


def office_file(*parts: tuple[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return output.getvalue()


def test_she_words_orders_and_adds_in_the_admin(va: Client, site: SmallSite) -> None:
    fixed = [(entry["type"], entry["value"]) for entry in usual_form()]
    fixed[0], fixed[1] = (
        fixed[1],
        ("name", {"label": "Who are you?", "hint": "As to friends"}),
    )
    fixed[2][1]["required"] = "on"
    blocks = [*fixed, ("question", {"label": "Who told you of me?", "hint": ""})]
    answer = va.post(f"/admin/pages/{site.contact.pk}/edit/", page_form(blocks))
    assert answer.status_code == 302, answer.context["form"].errors
    page = Client().get("/contact/").text
    assert "Who are you?" in page
    assert "As to friends" in page
    assert "Who told you of me?" in page
    assert page.index("Your e-mail address") < page.index("Who are you?")
    answer = Client().post("/contact/", MESSAGE)
    assert answer.status_code == 422
    assert "Write your telephone number." in answer.text
    assert "Who told you of me?" in Client().get("/services/inbox/").text + page


def page_form(blocks: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    return nested_form_data(
        {
            "title": "Contact",
            "slug": "contact",
            "introduction": "",
            "search_description": "",
            "seo_title": "",
            "picture": "",
            "body": streamfield([]),
            "thank_you_title": "Thank you",
            "thank_you_text": rich_text("<p>Soon.</p>"),
            "acknowledgement": "",
            "form_fields": streamfield(blocks),
            "comments": {
                "TOTAL_FORMS": 0,
                "INITIAL_FORMS": 0,
                "MIN_NUM_FORMS": 0,
                "MAX_NUM_FORMS": 0,
            },
            "action-publish": "1",
        }
    )


def test_the_fields_that_an_enquiry_needs_stay(va: Client, site: SmallSite) -> None:
    blocks = [(entry["type"], entry["value"]) for entry in usual_form()]
    answer = va.post(f"/admin/pages/{site.contact.pk}/edit/", page_form(blocks[:-1]))
    assert answer.status_code == 200
    assert "form_fields" in answer.context["form"].errors
    site.contact.refresh_from_db()
    assert len(site.contact.form_fields) == 5


def test_what_was_asked_and_answered_is_kept_as_it_was(
    va: Client, client: Client, site: SmallSite
) -> None:
    ask(site, "question", "choice", "choices", "date", "consent")
    answers = {
        "question-question": "A friend",
        "question-choice": "By telephone",
        "question-choices": ["Inbox", "Diary"],
        "question-date": "2027-05-03",
        "question-consent": "on",
    }
    assert client.post("/contact/", MESSAGE | answers).status_code == 303
    ask(site)
    enquiry = Enquiry.objects.get()
    assert [(entry["question"], entry["answer"]) for entry in enquiry.answers] == [
        ("Who told you of me?", "A friend"),
        ("How shall I answer?", "By telephone"),
        ("What weighs on you?", "Inbox, Diary"),
        ("When shall it begin?", "3 May 2027"),
        ("I have read the small print.", "Yes"),
    ]
    places = (
        va.get(f"/admin/enquiries/edit/{enquiry.pk}/").text,
        va.get("/admin/enquiries/?export=csv").getvalue().decode(),
        OutgoingMail.objects.get(recipients=["owner@example.com"]).text,
    )
    for text in places:
        assert "When shall it begin?" in text
        assert "3 May 2027" in text


def test_an_answer_that_is_missing_is_named_and_the_rest_comes_back(
    client: Client, site: SmallSite
) -> None:
    ask(site, "question", "choice", "choices", "date", "consent")
    answers = {
        "question-question": "A friend",
        "question-choices": ["Diary", "None of these"],
        "question-date": "soon",
    }
    answer = client.post("/contact/", MESSAGE | answers)
    assert answer.status_code == 422
    for words in (
        "Please answer: How shall I answer?",
        "Enter a date as day, month and year, such as 27/11/2026 or 27 November 2026.",
        "Tick the box to send your message.",
        '<a href="#enquiry-question-choice_0">',
        'value="A friend"',
        'value="soon"',
    ):
        assert words in answer.text
    assert not Enquiry.objects.exists()


def test_a_date_may_be_written_as_in_britain(client: Client, site: SmallSite) -> None:
    ask(site, "date")
    client.post("/contact/", MESSAGE | {"question-date": "03/05/2027"})
    assert Enquiry.objects.get().answers[0]["answer"] == "3 May 2027"


def test_an_answer_that_is_too_long_comes_back_whole(client: Client, site: SmallSite) -> None:
    ask(site, "question")
    answer = client.post("/contact/", MESSAGE | {"question-question": "x" * 201})
    assert answer.status_code == 422
    assert "must be 200 characters or fewer (it has 201)." in answer.text
    assert "x" * 201 in answer.text
    assert "maxlength" not in answer.text.partition('id="enquiry"')[2]


def test_the_same_message_with_another_answer_is_another(client: Client, site: SmallSite) -> None:
    ask(site, "question")
    for answer in ("A friend", "A friend", "The paper"):
        client.post("/contact/", MESSAGE | {"question-question": answer})
    assert Enquiry.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "content", "is_taken"),
    [
        pytest.param("brief.pdf", PDF, True, id="PDF"),
        pytest.param("Brief.JPG", picture_bytes(), True, id="photograph"),
        pytest.param("brief.pdf", b"<script>alert(1)</script>", False, id="a page as PDF"),
        pytest.param("brief.jpg", PDF, False, id="PDF as picture"),
        pytest.param("brief.exe", b"MZ\x90\x00", False, id="program"),
        pytest.param("brief.docx", office_file(("a", b"")), False, id="not allowed"),
        pytest.param("brief", PDF, False, id="no ending"),
        pytest.param("brief.pdf", b"", False, id="empty"),
        pytest.param("brief.pdf", PDF + bytes(10 * 1024 * 1024), False, id="too large"),
        pytest.param("../../etc/brief.pdf", PDF, True, id="path in its name"),
    ],
)
def test_a_file_is_known_by_what_is_in_it(
    client: Client, site: SmallSite, name: str, content: bytes, is_taken: bool
) -> None:
    ask(site, "file")
    upload = SimpleUploadedFile(name, content)
    answer = client.post("/contact/", MESSAGE | {"question-file": upload})
    assert answer.status_code == (303 if is_taken else 422)
    assert Enquiry.objects.count() == is_taken
    if is_taken:
        kept = Enquiry.objects.get().files.get()
        assert bytes(kept.content) == content
        assert "/" not in kept.name
    else:
        assert "Could you take over my mail?" in answer.text
        assert "Choose" in answer.text


@pytest.mark.parametrize(
    ("name", "parts", "is_taken"),
    [
        pytest.param("a.docx", [("word/document.xml", b"<w/>")], True, id="Word"),
        pytest.param("a.xlsx", [("xl/workbook.xml", b"<w/>")], True, id="Excel"),
        pytest.param(
            "a.odt", [("mimetype", b"application/vnd.oasis.opendocument.text")], True, id="Writer"
        ),
        pytest.param("a.docx", [("xl/workbook.xml", b"<w/>")], False, id="Excel as Word"),
        pytest.param(
            "a.docx", [("word/document.xml", b""), ("word/vbaProject.bin", b"")], False, id="macros"
        ),
        pytest.param("a.docx", [("evil.exe", b"MZ")], False, id="any archive"),
    ],
)
def test_an_office_document_is_looked_into(
    client: Client, site: SmallSite, name: str, parts: list[tuple[str, bytes]], is_taken: bool
) -> None:
    ask(site, "file", kinds=["text", "sheet"])
    upload = SimpleUploadedFile(name, office_file(*parts))
    answer = client.post("/contact/", MESSAGE | {"question-file": upload})
    assert answer.status_code == (303 if is_taken else 422)


def test_a_file_is_for_her_alone_and_only_to_be_saved(
    va: Client, client: Client, site: SmallSite
) -> None:
    ask(site, "file")
    client.post("/contact/", MESSAGE | {"question-file": SimpleUploadedFile("Prices é.pdf", PDF)})
    enquiry = Enquiry.objects.get()
    address = f"/admin/enquiries/{enquiry.pk}/file/{enquiry.files.get().pk}/"
    page = va.get(f"/admin/enquiries/edit/{enquiry.pk}/").text
    assert address in page
    assert page.count("Your brief") == 1
    answer = va.get(address)
    assert answer.getvalue() == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert Client().get(address).status_code == 302
    assert va.get(address.replace("/file/", "/file/9")).status_code == 404


def test_a_file_has_to_be_chosen_again_where_something_else_is_wrong(
    client: Client, site: SmallSite
) -> None:
    ask(site, "file")
    upload = SimpleUploadedFile("brief.pdf", PDF)
    answer = client.post("/contact/", MESSAGE | {"email": "hannah@", "question-file": upload})
    assert answer.status_code == 422
    assert "Choose “brief.pdf” again: browsers don’t keep files." in answer.text


def test_the_thanks_by_mail_are_hers(client: Client, site: SmallSite) -> None:
    site.contact.acknowledgement = "Dear {name},\n\nI am at sea until Monday."
    site.contact.save_revision().publish()
    client.post("/contact/", MESSAGE)
    mail = OutgoingMail.objects.get(recipients=["hannah@example.com"])
    assert "Hello,\n\nI am at sea until Monday." in mail.text
    assert "Could you take over my mail?" not in mail.text
    assert "reads every one" not in mail.text


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        pytest.param("HTTP_TRANSFER_ENCODING", "chunked", 411, id="no length"),
        pytest.param("CONTENT_LENGTH", str(40 * 1024 * 1024), 413, id="too large"),
        pytest.param("CONTENT_LENGTH", "-1", 413, id="no number"),
    ],
)
def test_a_body_of_no_use_is_refused_unread(
    client: Client, site: SmallSite, header: str, value: str, status: int
) -> None:
    answer = client.post("/contact/", MESSAGE, **{header: value})
    assert answer.status_code == status
    assert "<h1>" in answer.text
