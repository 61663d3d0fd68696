"""`{% picture image role="card" %}`: a picture in modern formats, sized for its place."""

from __future__ import annotations

from typing import Any

from django import template

from vasite.content.models import SiteImage
from vasite.content.pictures import ROLES, responsive_picture

register = template.Library()


@register.inclusion_tag("components/picture.html")
def picture(
    image: SiteImage, role: str = "body", alt: str | None = None, is_first: bool = False
) -> dict[str, Any]:
    """Takes an image, its role (a key of ROLES) and its alt text where a page has its own.

    A private image is not shown. The first picture of a page is fetched at once with high
    priority, all others lazily.
    """
    return {
        "picture": responsive_picture(image, ROLES[role]) if image.is_public else None,
        "alt": image.default_alt_text if alt is None else alt,
        "sizes": ROLES[role].sizes,
        "is_first": is_first,
    }
