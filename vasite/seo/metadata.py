"""What a page says of itself to search engines and previews."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.text import Truncator
from wagtail.models import Page

from vasite.business.models import BusinessSettings


@dataclass(frozen=True)
class Metadata:
    """The head of a page."""

    title: str
    description: str
    canonical_url: str
    image_url: str
    og_type: str
    site_name: str


def page_metadata(
    request: HttpRequest, page: Page, title: str = "", description: str = ""
) -> Metadata:
    """Takes the request, the page that answers it, and title and description where the page
    shows something else than itself, such as an archive."""
    business = BusinessSettings.load(request_or_site=request)
    own_title = title or page.seo_title or page.title
    is_home = page.depth == 2
    own_description = description or ("" if title else page.summary) or business.strapline
    return Metadata(
        title=own_title if is_home and page.seo_title else f"{own_title} – {business.name}",
        description=Truncator(own_description).chars(160),
        canonical_url=canonical_url(request, page),
        image_url=_image_url(page),
        og_type="article" if getattr(page, "is_article", False) else "website",
        site_name=business.name,
    )


def canonical_url(request: HttpRequest, page: Page) -> str:
    """The one address of what is shown: without a query, but for the number of a list's page."""
    if getattr(request, "is_preview", False):
        return page.full_url or ""
    number = request.GET.get("page", "")
    suffix = f"?page={number}" if number.isdecimal() and int(number) > 1 else ""
    return f"{settings.SITE_URL}{request.path}{suffix}"


def _image_url(page: Page) -> str:
    picture = getattr(page, "picture", None) or getattr(page, "cover", None)
    if not picture:
        return ""
    url: str = picture.file.url
    return url if url.startswith("http") else f"{settings.SITE_URL}{url}"
