"""What a page says of itself to search engines and previews: the one place that works it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
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
    trail: Iterable[tuple[str, str]] = (),
) -> Metadata:
    """Takes the request, the page that answers it, and title and description where the page
    shows something else than itself, such as an archive."""
    business = known_business()
    own_title = title or page.seo_title or page.title
    is_home = page.depth == 2
    own_description = description or ("" if title else page.summary) or business.strapline
    url = canonical_url(request, page)
    image_url = absolute(cards.card_url(page)) if page.pk and page.live else ""
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
    return Metadata(
        title=own_title if is_home and page.seo_title else f"{own_title} – {business.name}",
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


def canonical_url(request: HttpRequest, page: Page) -> str:
    """The one address of what is shown: without a query, but for the number of a list's page."""
    if getattr(request, "is_preview", False):
        return page.full_url or ""
    number = request.GET.get("page", "")
    suffix = f"?page={number}" if number.isdecimal() and int(number) > 1 else ""
    return f"{settings.SITE_URL}{request.path}{suffix}"
