"""A letter as mail: rendered once, then made personal for each reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from html import unescape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from newsletter.models import (
    Campaign,
    Delivery,
    LetterLink,
    NewsletterPage,
    SendingSettings,
    Subscriber,
)
from newsletter.models.campaigns import FIRST_NAME
from vasite.business.models import BusinessSettings
from vasite.content.rich_text import with_whole_addresses
from vasite.mail.letters import INLINER, one_click, text_of
from vasite.mail.mime import Email, mailbox
from vasite.mail.outbox import new_message_id

UNSUBSCRIBE, PREFERENCES = "{{ unsubscribe }}", "{{ preferences }}"
WEB_LINK = re.compile(r'(?<=<a )((?:[^>]*?\s)?)href="(https?://[^"{]+)"')
PERSONAL = re.compile(rf"{FIRST_NAME.pattern}|{UNSUBSCRIBE}|{PREFERENCES}")


@dataclass(frozen=True)
class Letter:
    """What a campaign sends: both parts with their places for what is personal."""

    campaign: Campaign
    html: str
    text: str
    business: BusinessSettings

    def of(self, delivery: Delivery) -> Email:
        """Gives the mail to one reader, with what Gmail and Yahoo ask of bulk senders: one-click
        unsubscribing (RFC 8058), List-Id (RFC 2919) and Feedback-ID."""
        reader = delivery.subscriber
        personal = Personal(reader, self.campaign.nameless)
        message = self.message(personal, reader.email)
        host = settings.SITE_HOST
        message.extra_headers |= {
            "Message-ID": delivery.message_id,
            **one_click(personal.links[UNSUBSCRIBE]),
            "List-Id": f"<newsletter.{host}>",
            "Feedback-ID": f"{self.campaign.pk}:newsletter:{host}",
            "Precedence": "bulk",
        }
        return message

    def message(self, personal: Personal, address: str, subject: str = "") -> Any:
        """Gives the mail to an address, with another subject than its own if need be."""
        message = Email(
            personal.fill(subject or self.campaign.subject),
            personal.fill(self.text),
            sender(self.campaign, self.business),
            [address],
            reply_to=[self.business.email] if self.business.email else [],
            headers={"Message-ID": new_message_id()},
        )
        message.attach_alternative(personal.fill_html(self.html), "text/html")
        return message


class Personal:
    """What is one reader's own: the first name and the links."""

    def __init__(self, reader: Subscriber | None, nameless: str) -> None:
        self.first_name = (reader and reader.first_name) or nameless
        if reader:
            self.links = {UNSUBSCRIBE: reader.unsubscribe_url, PREFERENCES: reader.preferences_url}
        else:
            self.links = dict.fromkeys((UNSUBSCRIBE, PREFERENCES), NewsletterPage.address())

    def fill(self, text: str) -> str:
        return PERSONAL.sub(lambda found: self.links.get(found[0], self.first_name), text)

    def fill_html(self, html: str) -> str:
        name = escape(self.first_name)
        return PERSONAL.sub(lambda found: self.links.get(found[0], name), html)


def compose(campaign: Campaign) -> Letter:
    """Gives the letter: as it was fixed when it began to go out, or as it is now."""
    business = BusinessSettings.load()
    if campaign.html:
        return Letter(campaign, campaign.html, campaign.text, business)
    context = {
        "subject": campaign.public_title,
        "campaign": campaign,
        "business": business,
        "postal_address": SendingSettings.load().postal_address,
        "site_url": settings.SITE_URL,
        "body": body_html(campaign),
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
    }
    html = with_whole_addresses(render_to_string("newsletter/mail/campaign.html", context))
    return Letter(campaign, INLINER.inline(html), text_of(html), business)


def with_counted_links(campaign: Campaign, html: str) -> str:
    """Gives a letter's HTML with a LetterLink in place of each address on the web."""
    links: dict[str, LetterLink] = {}

    def counted(found: re.Match[str]) -> str:
        address = unescape(found[2])
        if address not in links:
            links[address] = campaign.links.create(address=address)
        return f'{found[1]}href="{links[address].url}"'

    return WEB_LINK.sub(counted, html)


def body_html(campaign: Campaign) -> SafeString:
    """Gives the blocks as mail programs show them."""
    parent = campaign.body.stream_block.get_context(campaign.body)
    parts = (
        render_to_string(
            f"newsletter/mail/blocks/{block.block_type}.html",
            block.block.get_context(block.value, parent_context=parent),
        )
        for block in campaign.body
    )
    return mark_safe("".join(parts))  # noqa: S308 - rendered templates


def sender(campaign: Campaign, business: BusinessSettings) -> str:
    """Gives the From line: her name before the address that the mail server knows."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return mailbox(campaign.sender_name or business.name, address)
