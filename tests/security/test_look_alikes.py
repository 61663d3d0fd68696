"""Nobody gets at another person's data, letters or rights by an address that only looks alike.

And whoever spells their own address in another way is known by it. On every database alike.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.test import Client

from contact.admin import EnquiryViewSet
from contact.models import Enquiry
from newsletter.admin.comments import CommentViewSet
from newsletter.admin.subscribers import SubscriberViewSet
from newsletter.models import AuthorRule, Comment, ErasedAddress, Follow, Subscriber
from newsletter.returning import complained
from tests.conftest import SmallSite
from tests.home.test_your_data import ask
from tests.newsletter.test_import import CONSENT, upload
from tests.newsletter.test_subscribe import subscribe
from vasite.environment import PROJECT_DIR
from vasite.forms.models import SpamSettings
from vasite.home.tasks import send_requested_links
from vasite.mail.models import OutgoingMail, OutgoingMailAddress

MIKE = "Mike@github.example"
LOOK_ALIKES = {
    "dotless i in the domain": "mike@gıthub.example",
    "dotted I in the domain": "mike@gİthub.example",
    "another domain": "mike@github.examples.example",
    "dots": "m.ike@github.example",
    "tag": "mike+data@github.example",
}
REFUSED = {
    "dotless i": "mıke@github.example",
    "dotted I": "mİke@github.example",
    "Kelvin sign": "mi\u212ae@github.example",
    "Kelvin sign in the domain": "mike@\u212aithub.example",
    "full-width letter": "ｍike@github.example",
    "full-width domain": "mike@ｇithub.example",
    "Cyrillic letter": "mikе@github.example",
    "ligature": "mike@ﬁthub.example",
    "label that IDNA makes too long": "a@" + 60 * "ı" + ".com",
    "label that is too long": "a@é" + 62 * "b" + ".com",
    "no dot": "foo@localhost",
    "address literal": "mike@[127.0.0.1]",
}
SPELLINGS = {
    "small letters": "reader@bücher.example",
    "capitals": "READER@BÜCHER.EXAMPLE",
    "A-labels": "reader@xn--bcher-kva.example",
    "decomposed": "reader@bu\u0308cher.example",
    "pasted": "Reader <reader@bücher.example>, ",
    "invisible": "\ufeffreader@bücher.example\u200b",
}


def write(client: Client, site: SmallSite, email: str, words: str = "Could you help?") -> None:
    fields = {"name": "Mike", "email": email, "message": words}
    assert client.post("/contact/", fields).status_code == 303
    fields = {"name": "Mike", "email": email, "comment": f"A comment. {words}"}
    assert client.post(f"/comments/{site.post.pk}/", fields).status_code == 303
    assert subscribe(client, email).status_code == 303


@pytest.mark.parametrize("typed", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_stranger_with_a_look_alike_address_gets_no_link_to_anothers_data(
    client: Client, site: SmallSite, typed: str
) -> None:
    write(client, site, MIKE)
    assert ask(client, typed) == ""
    assert Enquiry.objects.count() == Comment.objects.count() == Subscriber.objects.count() == 1


@pytest.mark.parametrize("typed", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("path", ["contact", "comment", "subscribe", "your-data"])
def test_stranger_is_told_that_an_address_cannot_be_written_to(
    client: Client, site: SmallSite, path: str, typed: str
) -> None:
    paths = {
        "contact": "/contact/",
        "comment": f"/comments/{site.post.pk}/",
        "subscribe": "/newsletter/subscribe/",
        "your-data": "/privacy/your-data/",
    }
    fields = {"name": "Mike", "email": typed, "message": "Hello", "comment": "Hello"}
    response = client.post(paths[path], fields)
    assert response.status_code == 422
    assert "There is a problem" in response.text
    assert not OutgoingMail.objects.exists()
    assert Enquiry.objects.count() + Comment.objects.count() + Subscriber.objects.count() == 0


@pytest.mark.parametrize("typed", ["mike@GITHUB.example", "MIKE@github.example."])
def test_link_goes_to_the_address_that_is_stored(
    client: Client, site: SmallSite, typed: str
) -> None:
    write(client, site, MIKE)
    path = ask(client, typed)
    mail = OutgoingMail.objects.get(subject="What Severn Office keeps of you")
    assert mail.recipients == [MIKE]
    assert "Could you help?" in client.get(path).text


@pytest.mark.parametrize("typed", SPELLINGS.values(), ids=SPELLINGS)
def test_person_sees_and_erases_everything_by_any_spelling_of_their_address(
    client: Client, site: SmallSite, typed: str
) -> None:
    write(client, site, "Reader@BÜCHER.example")
    path = ask(client, typed)
    page = client.get(path).text
    for kind in ("Enquiry", "Comment", "Newsletter", "Mail"):
        assert kind in page
    assert client.post(path).status_code == 303
    for model in (Enquiry, Comment, Subscriber, Follow, AuthorRule):
        assert not model.objects.exists()
    # what is left is the notice to the owner that somebody had their data erased
    assert [mail.recipients for mail in OutgoingMail.objects.all()] == [["owner@example.com"]]
    keys = set(OutgoingMailAddress.objects.values_list("email_key", flat=True))
    assert "reader@xn--bcher-kva.example" not in keys


def test_person_whose_domain_has_a_joiner_is_one_person_and_is_erased(
    client: Client, site: SmallSite
) -> None:
    """IDNA 2008 allows U+200C between Persian letters; only its A-label can be typed here."""
    address = "reader@xn--mgba3gch31f060k.com"
    write(client, site, address)
    write(client, site, address.upper(), "And another question.")
    assert Subscriber.objects.get().email_key == address
    path = ask(client, address)
    assert "And another question." in client.get(path).text
    assert client.post(path).status_code == 303
    for model in (Enquiry, Comment, Subscriber, Follow, AuthorRule):
        assert not model.objects.exists()


def test_mails_to_a_foreign_domain_are_found_however_they_are_kept(
    client: Client, site: SmallSite
) -> None:
    write(client, site, "jo2@bücher.example")
    assert OutgoingMail.objects.of_person("JO2@xn--bcher-kva.example").count() >= 3
    assert not OutgoingMail.objects.of_person("jo@bücher.example").exists()
    assert not OutgoingMail.objects.of_person("o2@bücher.example").exists()


def test_person_is_thanked_once_a_day_by_any_spelling(client: Client, site: SmallSite) -> None:
    for number, email in enumerate(SPELLINGS.values()):
        fields = {"name": "Zoë", "email": email, "message": f"Message {number}"}
        assert client.post("/contact/", fields).status_code == 303
    thanks = OutgoingMail.objects.filter(subject__startswith="Thank you for your message")
    assert thanks.count() == 1


def test_messages_with_one_address_count_together_in_any_spelling(
    client: Client, site: SmallSite
) -> None:
    for number, email in enumerate(SPELLINGS.values()):
        client.post("/contact/", {"name": "Zoë", "email": email, "message": f"Message {number}"})
    latest = Enquiry.objects.order_by("-pk")[0]
    assert "Many messages with the same address within an hour" in latest.reasons


@pytest.mark.parametrize("rule", AuthorRule.Rule.values)
def test_rule_holds_for_an_author_in_any_spelling_and_for_no_look_alike(
    client: Client, va: Client, site: SmallSite, rule: str
) -> None:
    fields = {"email_key": "Mike@GITHUB.example", "rule": rule}
    va.post("/admin/snippets/newsletter/authorrule/add/", fields)
    assert AuthorRule.objects.get().email_key == "mike@github.example"
    for number, email in enumerate((" MIKE@github.example", "mike@gıthub.example")):
        fields = {"name": "Mike", "email": email, "comment": f"Comment number {number}."}
        client.post(f"/comments/{site.post.pk}/", fields)
    own, other = Comment.objects.order_by("pk")
    assert (own.rule, other.rule) == (rule, "")
    assert other.status != "approved"


def test_rule_for_what_is_no_address_is_refused_with_words(va: Client, site: SmallSite) -> None:
    fields = {"email_key": "mıke@github.example", "rule": "trusted"}
    page = va.post("/admin/snippets/newsletter/authorrule/add/", fields)
    assert "not “ı”" in page.text
    assert not AuthorRule.objects.exists()


def test_subscriber_cannot_be_added_twice_in_another_spelling(va: Client, site: SmallSite) -> None:
    for email in ("reader@bücher.example", "READER@xn--bcher-kva.example"):
        page = va.post(
            "/admin/subscribers/add/", {"email": email, "source": "The fair"}, follow=True
        )
    assert "This address is on the list already" in page.text
    assert Subscriber.objects.get().email == "reader@bücher.example"


def test_who_left_or_was_erased_is_not_brought_back_in_another_spelling(
    va: Client, site: SmallSite, work: Any
) -> None:
    Subscriber.objects.create(email="gone@bücher.example", status="unsubscribed")
    ErasedAddress.keep(["erased@xn--bcher-kva.example"])
    preview = upload(va, "email\nGONE@xn--bcher-kva.example\nErased@BÜCHER.example\n")
    va.post(preview["Location"], CONSENT)
    work()
    assert Subscriber.objects.get().status == "unsubscribed"


def test_complaint_ends_the_letters_to_the_address_that_it_names_alone(site: SmallSite) -> None:
    for email in ("Mike@github.example", "mike@gıthub.example"):
        Subscriber.objects.create(email=email, status="confirmed")
    assert complained("<MIKE@GitHub.example>", "abuse")
    states = dict(Subscriber.objects.values_list("email", "status"))
    assert states == {"Mike@github.example": "complained", "mike@gıthub.example": "confirmed"}
    assert not complained("mi\u212ae@github.example", "abuse")


def test_words_that_hold_a_message_find_an_address_in_any_spelling(
    client: Client, site: SmallSite
) -> None:
    words = SpamSettings.load()
    words.held_words = "bu\u0308cher.example\nxn--mller-kva.example"
    words.save()
    for email in ("a@BÜCHER.example", "b@xn--bcher-kva.example", "c@müller.example", "d@x.example"):
        client.post(
            "/contact/", {"name": "Zoë", "email": email, "message": f"Hello from {email[0]}"}
        )
    held = Enquiry.objects.filter(verdict="unsure").values_list("email", flat=True)
    assert sorted(email[0] for email in held) == ["a", "b", "c"]


RESETS = [
    ("owner@bücher.example", "OWNER@xn--bcher-kva.example", True),
    ("owner@bücher.example", "owner@bu\u0308cher.example", True),
    ("Mike@github.example", "mike@GitHub.example", True),
    ("Mike@github.example", "mike@gıthub.example", False),
    ("Mike@github.example", "mi\u212ae@github.example", False),
    ("Mike@github.example", "mıke@github.example", False),
    ("mike@gıthub.example", "mike@github.example", False),
]


@pytest.mark.parametrize(("stored", "typed", "is_sent"), RESETS)
def test_password_link_goes_to_the_stored_address_of_the_same_mailbox(
    client: Client, site: SmallSite, stored: str, typed: str, is_sent: bool
) -> None:
    get_user_model().objects.create_superuser("owner", stored, "a long password")
    client.post("/admin/password_reset/", {"email": typed})
    send_requested_links.func()
    found = [mail.recipients for mail in OutgoingMail.objects.all()]
    assert found == ([[stored]] if is_sent else [])


@pytest.mark.parametrize("email", ["mıke@github.example", "mike@localhost", "josé@example.com"])
def test_account_with_an_address_that_cannot_be_written_to_is_refused(
    va: Client, site: SmallSite, email: str
) -> None:
    password = "correct horse battery"
    fields = {"username": "mike", "first_name": "Mike", "last_name": "Hill", "email": email}
    page = va.post("/admin/users/new/", fields | {"password1": password, "password2": password})
    assert page.status_code == 200
    assert not get_user_model().objects.filter(username="mike").exists()
    va.post(
        "/admin/users/new/",
        fields | {"password1": password, "password2": password} | {"email": "mike@bücher.example"},
    )
    assert get_user_model().objects.get(username="mike").email == "mike@bücher.example"


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("reader@bücher.example", True),
        ("READER@BÜCHER", True),
        ("@xn--bcher", True),
        ("bu\u0308cher", True),
        ("büch", True),
        ("der@büch", True),
        ("Reader <reader@bücher.example>", True),
        ("bucher", False),
        ("reader@bücher.example.uk", False),
        ("READER@github", False),
        ("xüx", False),
        ("\u212aate", False),
        ("ı", False),
    ],
)
@pytest.mark.parametrize("inbox", ["enquiries", "comments", "subscribers"])
def test_owner_finds_a_person_by_part_of_the_address(
    client: Client, va: Client, site: SmallSite, inbox: str, typed: str, finds: bool
) -> None:
    fields = {"name": "Zoe", "email": "Reader@BÜCHER.example"}
    client.post("/contact/", fields | {"message": "Hello"})
    client.post(f"/comments/{site.post.pk}/", fields | {"comment": "Good day"})
    subscribe(client, "Reader@BÜCHER.example")
    page = va.get(f"/admin/{inbox}/", {"q": typed}).text
    shown = {"enquiries": "Zoe", "comments": "Good day", "subscribers": "Reader@bücher.example"}
    assert (shown[inbox] in page) is finds


def test_owner_finds_a_rule_by_part_of_the_address(va: Client, site: SmallSite) -> None:
    AuthorRule.objects.create(email_key="mike@xn--bcher-kva.example", rule="blocked")
    path = "/admin/snippets/newsletter/authorrule/"
    for typed, finds in (("MIKE@bücher.example", True), ("@bücher", True), ("mıke", False)):
        assert ("xn--bcher" in va.get(path, {"q": typed}).text) is finds


# No address is compared by anything but its key

ADDRESS_NAME = r"(?:e?mail|recipient|sender|reply_to|address_of)"
LOOSE = re.compile(
    rf"\w*{ADDRESS_NAME}s?(?:__\w+)*__(?:i(?:exact|contains|startswith|endswith|regex)|lower|upper)"
)
LOOSE_CALLS = re.compile(
    rf"(?:Lower|Upper|Collate)\(\s*[\"']\w*{ADDRESS_NAME}"
    rf"|(?:LOWER|UPPER)\([^)]*{ADDRESS_NAME}"
    rf"|\b\w*{ADDRESS_NAME}\w*[\"'\])]*\.(?:strip\(\)\.)?(?:lower|upper|casefold)\(\)"
)


def source_files() -> list[Any]:
    folders = ("vasite", "newsletter", "contact", "blog", "services")
    files = [file for folder in folders for file in (PROJECT_DIR / folder).rglob("*.py")]
    return [file for file in files if "migrations" not in file.parts]


def test_no_code_compares_addresses_but_by_their_key() -> None:
    found = []
    for file in source_files():
        text = file.read_text()
        names = [
            node.arg if isinstance(node, ast.keyword) else node.value
            for node in ast.walk(ast.parse(text))
            if (isinstance(node, ast.keyword) and node.arg)
            or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        ]
        found += [f"{file.name}: {name}" for name in names if LOOSE.fullmatch(name)]
        found += [f"{file.name}: {call[0]}" for call in LOOSE_CALLS.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ["email__iexact", "recipients__icontains", "subscriber__email__istartswith", "email__lower"],
)
def test_that_test_sees_what_it_looks_for(line: str) -> None:
    assert LOOSE.fullmatch(line)
    assert not LOOSE.fullmatch("email_key__contains")
    assert LOOSE_CALLS.search('Upper("email")')
    assert LOOSE_CALLS.search("email.strip().lower()")
    assert LOOSE_CALLS.search('fields["email"].casefold()')


def test_no_list_of_the_admin_searches_addresses_but_by_their_key() -> None:
    for inbox in (EnquiryViewSet, CommentViewSet, SubscriberViewSet):
        assert "email_key" in inbox.search_fields
        assert "email" not in inbox.search_fields


def test_each_table_with_addresses_of_people_has_their_keys_indexed() -> None:
    ours = {"contact", "newsletter", "mail", "forms", "home", "blog", "services", "seo"}
    tables = [model for model in apps.get_models() if model._meta.app_label in ours]
    with_address = [
        model
        for model in tables
        if any(isinstance(field, models.EmailField) for field in model._meta.fields)
    ]
    assert {Enquiry, Comment, Subscriber, Follow}.issubset(with_address)
    for model in with_address:
        key = model._meta.get_field("email_key")
        assert key.db_index or key.unique
