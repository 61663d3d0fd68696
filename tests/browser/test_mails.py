"""Every kind of mail that the site writes, as mail programs show it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.mail_programs import check_dark_modes, check_outlook, unreadable
from tests.browser.test_pages import needs_axe, violations
from tests.served import ServedSite, once
from vasite.environment import PROJECT_DIR

pytestmark = once

LARGEST = 100_000  # bytes of a mail
# Letters from a person to a person have no heading
HER_OWN_WORDS = {"contact/mail/reply.html", "contact/mail/acknowledgement.html"}
WRITE = """
import json
from datetime import timedelta
from email import message_from_bytes, policy
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from blog.models import BlogPostPage
from contact import answering, enquiring
from contact.models import Enquiry
from newsletter import commenting, sending, subscribing
from newsletter.models import Campaign, Comment, Follow, Subscriber
from newsletter.tasks import follow_up
from vasite.home import links, tasks, troubles, your_data
from vasite.home.models import Trouble
from vasite.mail import letters
from vasite.mail.models import OutgoingMail

written, render = [], letters.render_to_string
letters.render_to_string = lambda name, context: written.append(name) or render(name, context)
mails, Mail = [], letters.Email
letters.Email = lambda *a, **k: mails.append(Mail(*a, **k)) or mails[-1]
name, text = "W" * 60 + " مرحبا", "Ein <b>langes</b> Wort: " + "x" * 200 + chr(10) * 2 + "Bye"
now = timezone.now()

def reader(email, **fields):
    return Subscriber.objects.create(email=email, email_key=email, name=name, **fields)

def enquiry(email, **fields):
    one = Enquiry(name=name, email=email, phone="01632 960123", message=text, **fields)
    one.set_content(name, email, text)
    one.save()
    return one

def comment(email, **fields):
    one = Comment(page=BlogPostPage.objects.first(), name=name, email=email, comment=text, **fields)
    one.set_content(name, email, text)
    one.save()
    return one

with transaction.atomic():
    OutgoingMail.objects.all().delete()
    subscribing.send_reply(reader("new@example.org"))
    subscribing.send_reply(reader("known@example.org", status="confirmed", confirmed_at=now))
    asked = enquiry("asks@example.org", remind_on=timezone.localdate(),
                    mail_ids=["<enquiry@example.org>"])
    enquiring.send_notice(asked)
    enquiring.send_acknowledgement(asked, "I answer within a day.")
    answering.reply(asked, text, get_user_model().objects.first())
    answering.send_reminders()
    first = comment("writes@example.org", status="approved", wants_answers=True)
    commenting.send_notice(first)
    follow_up.call()
    Follow.objects.update(confirmed_at=now)
    comment("answers@example.org", status="approved", parent=first)
    follow_up.call()
    sending.tell(Campaign.objects.first(), "The mail server doesn’t take it: " + text)
    links.send_data_link("asks@example.org")
    your_data.erase("asks@example.org")
    enquiry("unsure@example.org", verdict="unsure")
    tasks.tell_of_waiting.func()
    troubles.send_email(Trouble(kind="email", detail=text, since=now), "Your website")
    strict = policy.default.clone(raise_on_defect=True)
    found = {}
    for template, mail in zip(written, mails, strict=True):
        raw = mail.message().as_bytes(linesep=chr(13) + chr(10))
        whole = message_from_bytes(raw, policy=strict)
        assert whole.get_body(("plain",)).get_content().strip(), template
        found[template] = {"html": whole.get_body(("html",)).get_content(), "size": len(raw)}
    transaction.set_rollback(True)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def mails(demo: ServedSite) -> dict[str, dict[str, str]]:
    """The HTML and the size of a mail by each template."""
    return json.loads(demo.run_code(WRITE).splitlines()[-1])


def test_every_kind_is_looked_at(mails: dict[str, dict[str, int]]) -> None:
    templates = Path(PROJECT_DIR / "templates")
    kinds = {str(path.relative_to(templates)) for path in templates.glob("*/mail/*.html")}
    assert set(mails) == kinds - {"newsletter/mail/campaign.html"}  # test_letters.py
    assert max(mail["size"] for mail in mails.values()) < LARGEST


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600])
def test_mail_programs_show_them(
    browser: Browser, mails: dict[str, dict[str, str]], width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for template, mail in mails.items():
        page.set_content(mail["html"])
        found = violations(page)
        if template in HER_OWN_WORDS:
            found = [one for one in found if not one.startswith("page-has-heading-one")]
        assert found == [], template
        assert unreadable(page) == [], template
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), template
    page.close()


def test_outlook_shows_them(browser: Browser, mails: dict[str, dict[str, str]]) -> None:
    page = browser.new_page()
    for mail in mails.values():
        check_outlook(page, mail["html"])
    page.close()


def test_programs_that_darken_by_themselves_show_them(
    browser: Browser, mails: dict[str, dict[str, str]]
) -> None:
    page = browser.new_page()
    for mail in mails.values():
        check_dark_modes(page, mail["html"])
    page.close()


def test_programs_learn_of_both_colour_schemes(mails: dict[str, dict[str, str]]) -> None:
    for mail in mails.values():
        for name in ("color-scheme", "supported-color-schemes"):
            assert f'<meta name="{name}" content="light dark">' in mail["html"]
