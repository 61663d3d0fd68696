"""What a page says of itself to search engines and previews: the one place that works it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from wagtail.models import Page

from vasite.business.context_processors import known_business
from vasite.seo import cards
from vasite.seo.structured_data import absolute, as_script_text, graph

DESCRIPTION_LENGTH = 160  # about what a search result shows


@dataclass(frozen=True)
class Metadata:
    """The head of a page. A page that is not `is_indexed` has no canonical address."""

    title: str
    description: str
    canonical_url: str
    is_indexed: bool
    site_name: str
    og_type: str
    image_url: str
    image_alt: str
    published: datetime | None
    modified: datetime | None
    json_ld: SafeString


def page_metadata(
    request: HttpRequest,
    page: Page,
    *,
    title: str = "",
    description: str = "",
    is_indexed: bool = True,
    number: int = 1,
    trail: Iterable[tuple[str, str]] = (),
) -> Metadata:
    """Return what a response says of itself.

    `title` and `description` are those of what the page shows in place of itself, such as an
    archive; `number` that of the page of a list, whose search result would else read like the
    first one's.
    """
    business = known_business()
    own_title = title or page.seo_title or page.title
    is_home = page.depth == 2
    own_description = description or ("" if title else page.summary) or business.strapline
    if number > 1:
        own_title = numbered(own_title, number)
        own_description = f"Page {number}. {own_description}".strip()
    url = canonical_url(request, page, number)
    image_url = absolute(cards.card_url(page)) if has_card(page) else ""
    is_article = bool(getattr(page, "is_article", False))
    shortened = Truncator(own_description).chars(DESCRIPTION_LENGTH)
    nodes = graph(
        page,
        url=url,
        title=own_title,
        description=shortened,
        image_url=image_url,
        trail=trail,
        business=business,
    )
    is_local = not (title or page.seo_title) and getattr(page, "is_about_work", False)
    place = f" in {business.locality}" if is_local and business.locality else ""
    if business.locality in own_title:
        place = ""
    return Metadata(
        title=own_title if is_home and page.seo_title else f"{own_title}{place} – {business.name}",
        description=shortened,
        canonical_url=url,
        is_indexed=is_indexed,
        site_name=business.name,
        og_type="article" if is_article else "website",
        image_url=image_url,
        image_alt=own_title,
        published=page.first_published_at if is_article else None,
        modified=page.last_published_at if is_article else None,
        json_ld=as_script_text(nodes),
    )


def has_card(page: Page) -> bool:
    """Tell whether the page has a social card: it is published and everybody may see it."""
    return bool(page.pk and page.live) and not page.get_view_restrictions()


def numbered(title: str, number: int) -> str:
    """Return the title of a page of a list: "Blog, page 2"."""
    return f"{title}, page {number}" if number > 1 else title


def canonical_url(request: HttpRequest, page: Page, number: int = 1) -> str:
    """Return the one address of what is shown: without a query, but for the number of a list's
    page."""
    if getattr(request, "is_preview", False):
        return page.full_url or ""
    suffix = f"?page={number}" if number > 1 else ""
    return f"{settings.SITE_URL}{escape_uri_path(request.path)}{suffix}"
