"""A mail's two parts from one template."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import css_inline
from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from django.conf import settings
from django.db.models import Model
from django.template.loader import render_to_string

from vasite.business.models import BusinessSettings
from vasite.mail.mime import Email
from vasite.mail.models import OutgoingMail
from vasite.mail.outbox import store

INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
BLOCKS = {"p", "h1", "h2", "ul", "ol", "blockquote", "div", "table", "tr", "hr"}


def send_letter(
    template: str,
    context: dict[str, Any],
    *,
    subject: str,
    to: Iterable[str],
    reply_to: Iterable[str] = (),
    headers: dict[str, str] | None = None,
    rate_limit: str = "",
    about: Model | None = None,
    purpose: str = "",
) -> OutgoingMail:
    """Write an email as `write_email` does, and put it in the outbox.

    What it is `about`, for which `purpose` and under which `rate_limit`, is read by
    `outbox.store`. Raises BadHeaderError for a line end in a header.
    """
    message = write_email(
        template, context, subject=subject, to=to, reply_to=reply_to, headers=headers
    )
    return store(message, about=about, purpose=purpose, rate_limit=rate_limit)


def write_email(
    template: str,
    context: dict[str, Any],
    *,
    subject: str,
    to: Iterable[str],
    reply_to: Iterable[str] = (),
    headers: dict[str, str] | None = None,
) -> Email:
    """Return an email made from an HTML template that extends mail/base.html.

    The text part is made of the same words; the context may hold `business` where the caller has
    it already.
    """
    own = {"site_url": settings.SITE_URL, "subject": subject}
    if "business" not in context:
        own["business"] = BusinessSettings.load()
    html = render_to_string(template, own | context)
    message = Email(
        subject, text_of(html), to=list(to), reply_to=list(reply_to), headers=headers or {}
    )
    message.attach_alternative(INLINER.inline(html), "text/html")
    return message


def one_click(url: str) -> dict[str, str]:
    """Gives the headers by which a mail program ends what a mail belongs to (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def text_of(html: str) -> str:
    """Gives the body of a letter as plain text: links with their address, lists with dashes."""
    soup = BeautifulSoup(html, "html.parser")
    for hidden in soup.select("head, style, .preheader"):
        hidden.decompose()
    blocks = "".join(_text_pieces(soup))
    lines = [" ".join(line.split()) for line in blocks.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _text_pieces(element: Tag) -> Iterable[str]:
    for child in element.children:
        if isinstance(child, NavigableString):
            if type(child) is NavigableString:
                yield re.sub(r"\s+", " ", child)
        elif isinstance(child, Tag):
            yield from _tag_pieces(child)


def _tag_pieces(tag: Tag) -> Iterable[str]:
    inner = "".join(_text_pieces(tag))
    if tag.name == "br":
        yield "\n"
    elif tag.name == "a" and str(tag.get("href", "tel:")).startswith("tel:"):
        yield inner
    elif tag.name == "a":
        address = str(tag["href"]).removeprefix("mailto:")
        yield inner if inner.strip() == address else f"{inner.strip()}: {address}"
    elif tag.name == "img" and tag.get("alt"):
        yield f"[{tag['alt']}]"
    elif tag.name in {"td", "th"}:
        yield f"{inner.strip()} "
    elif tag.name == "li":
        yield f"\n- {inner.strip()}"
    elif tag.name == "blockquote":
        quoted = "\n".join(f"> {line.strip()}" for line in inner.strip().split("\n"))
        yield f"\n\n{quoted}\n\n"
    elif tag.name in BLOCKS:
        yield f"\n\n{inner.strip()}\n\n"
    else:
        yield inner
