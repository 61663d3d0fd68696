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
    """The head of a page. `canonical_url` is empty where nothing should be indexed."""

    title: str
    description: str
    canonical_url: str
    image_url: str
    og_type: str
    site_name: str


def page_metadata(request: HttpRequest, page: Page, title: str = "") -> Metadata:
    """Takes the request, the page that answers it, and a title where the page shows another."""
    business = BusinessSettings.load(request_or_site=request)
    own_title = title or page.seo_title or page.title
    is_home = page.depth == 2
    description = getattr(page, "summary", "") or page.search_description or business.strapline
    number = request.GET.get("page", "")
    suffix = f"?page={number}" if number.isdecimal() and int(number) > 1 else ""
    is_own_address = request.path == page.get_url(request)
    return Metadata(
        title=own_title if is_home and page.seo_title else f"{own_title} – {business.name}",
        description=Truncator(description).chars(160),
        canonical_url=f"{page.full_url or ''}{suffix}"
        if is_own_address
        else f"{settings.SITE_URL}{request.path}",
        image_url=_image_url(page),
        og_type="article" if getattr(page, "is_article", False) else "website",
        site_name=business.name,
    )


def _image_url(page: Page) -> str:
    picture = getattr(page, "cover", None) or getattr(page, "picture", None)
    if not picture:
        return ""
    url: str = picture.file.url
    return url if url.startswith("http") else f"{settings.SITE_URL}{url}"
