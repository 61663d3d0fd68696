"""What a page says to search engines in JSON-LD: one `@graph` of schema.org's types.

Each node follows Google's rules for its type (developers.google.com/search/docs/appearance/
structured-data) and claims nothing that the page does not show.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page

from vasite.business.hours import DAYS
from vasite.business.models import BusinessSettings
from vasite.content.pictures import article_urls
from vasite.content.prices import CURRENCY, Price
from vasite.content.visibility import path_of

Node = dict[str, Any]
WEBSITE_ID = f"{settings.SITE_URL}/#website"
BUSINESS_ID = f"{settings.SITE_URL}/#business"
PERSON_ID = f"{settings.SITE_URL}/#person"
# Characters that would end a script element, as Django's json_script escapes them
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
# What apps on higher floors add to the nodes of a page
contributors: list[Callable[[Page, list[Node]], None]] = []


def graph(
    page: Page,
    *,
    url: str,
    title: str,
    description: str,
    image_url: str,
    trail: Iterable[tuple[str, str]],
    business: BusinessSettings,
) -> list[Node]:
    """Gives the nodes of a page that is shown under `url` with that title and description.

    `trail` holds title and path of each page from the home page to this one.
    """
    trail = list(trail)
    nodes = [
        website(business),
        organisation(business),
        {
            "@type": page_type(page, business),
            "@id": f"{url}#page",
            "url": url,
            "name": title,
            "description": description,
            "isPartOf": {"@id": WEBSITE_ID},
            "about": {"@id": BUSINESS_ID} if url == f"{settings.SITE_URL}/" else None,
            "primaryImageOfPage": image_object(page, image_url),
            "breadcrumb": {"@id": f"{url}#trail"} if len(trail) > 2 else None,
            "inLanguage": "en-GB",
        },
        *([breadcrumbs(url, trail)] if len(trail) > 2 else []),
        *getattr(page, "structured_data", lambda **_: [])(url=url, business=business),
    ]
    for contribute in contributors:
        contribute(page, nodes)
    return [without_empty(node) for node in nodes]


def page_type(page: Page, business: BusinessSettings) -> str:
    if page.pk and page.pk == business.about_page_id:
        return "AboutPage"
    return getattr(page, "schema_type", "WebPage")


def as_script_text(nodes: list[Node]) -> SafeString:
    """Gives the graph as JSON that can stand in a script element."""
    text = json.dumps({"@context": "https://schema.org", "@graph": nodes}, ensure_ascii=False)
    for character, escape in ESCAPES.items():  # translate() takes twenty times as long
        text = text.replace(character, escape)
    return mark_safe(text)  # noqa: S308 - escaped right here


def image_object(page: Page, card_url: str) -> Node | None:
    """Return the image that the page shows; its social card where it shows none."""
    urls = article_urls(getattr(page, "picture", None))
    url = absolute(urls[0]) if urls else card_url
    return {"@type": "ImageObject", "url": url} if url else None


def website(business: BusinessSettings) -> Node:
    target = f"{settings.SITE_URL}/search/?q={{search_term_string}}"
    return {
        "@type": "WebSite",
        "@id": WEBSITE_ID,
        "url": f"{settings.SITE_URL}/",
        "name": business.name,
        "publisher": {"@id": BUSINESS_ID},
        "inLanguage": "en-GB",
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": target},
            "query-input": "required name=search_term_string",
        },
    }


def organisation(business: BusinessSettings) -> Node:
    """The business with the facts of the footer. Without a town it is no local one to Google."""
    return {
        "@type": "ProfessionalService" if business.locality else "Organization",
        "@id": BUSINESS_ID,
        "name": business.name,
        "description": business.strapline,
        "url": f"{settings.SITE_URL}/",
        "logo": absolute(static("img/mark.png")),
        "image": portrait_urls(business) or absolute(static("img/mark.png")),
        "founder": person(business) if business.person_name else None,
        "telephone": business.international_telephone,
        "email": business.email,
        "address": address(business) if business.locality else None,
        "areaServed": [{"@type": "Place", "name": str(area.value)} for area in business.areas],
        "openingHoursSpecification": [opening(hours.value) for hours in business.opening_hours],
        "priceRange": str(business.lowest_price) if business.lowest_price else None,
        "sameAs": [profile.value["url"] for profile in business.profiles],
    }


def address(business: BusinessSettings) -> Node:
    return without_empty(
        {
            "@type": "PostalAddress",
            "streetAddress": business.street_address,
            "addressLocality": business.locality,
            "postalCode": business.postcode,
            "addressCountry": "GB",
        }
    )


def opening(hours: Any) -> Node:
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": [f"https://schema.org/{day}" for day in DAYS if day in hours.days],
        "opens": hours["opens"].strftime("%H:%M"),
        "closes": hours["closes"].strftime("%H:%M"),
    }


def person(business: BusinessSettings) -> Node:
    """The person behind the business, for pages that name her; the business where none is named."""
    if not business.person_name:
        return {"@type": "Organization", "@id": BUSINESS_ID, "name": business.name}
    return without_empty(
        {
            "@type": "Person",
            "@id": PERSON_ID,
            "name": business.person_name,
            "url": about_url(business),
            "image": portrait_urls(business),
            "jobTitle": business.strapline,
            "worksFor": {"@id": BUSINESS_ID},
        }
    )


def about_url(business: BusinessSettings) -> str | None:
    path = path_of(Page, pk=business.about_page_id)
    return absolute(path) if path else None


def portrait_urls(business: BusinessSettings) -> list[str]:
    return [absolute(url) for url in article_urls(business.portrait)]


def breadcrumbs(url: str, trail: list[tuple[str, str]]) -> Node:
    return {
        "@type": "BreadcrumbList",
        "@id": f"{url}#trail",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": title, "item": absolute(path)}
            for place, (title, path) in enumerate(trail, 1)
        ],
    }


def offer(name: str, price: Price, url: str) -> Node:
    """A price as Google's Merchant and Service rules ask for it: a number with its currency."""
    specification = None
    if price.unit_code or price.is_from:
        specification = without_empty(
            {
                "@type": "UnitPriceSpecification",
                "minPrice" if price.is_from else "price": f"{price.amount:.2f}",
                "priceCurrency": CURRENCY,
                "unitCode": price.unit_code,
            }
        )
    return without_empty(
        {
            "@type": "Offer",
            "name": name,
            "price": None if price.is_from else f"{price.amount:.2f}",
            "priceCurrency": CURRENCY,
            "priceSpecification": specification,
            "url": url,
        }
    )


def isoformat(moment: datetime | None) -> str | None:
    """Gives a moment by the site's clock with its offset, to the second (ISO 8601)."""
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else None


def reading_time(minutes: int) -> str:
    """Gives an ISO 8601 duration."""
    return f"PT{minutes}M"


def absolute(path: str) -> str:
    """Gives the whole address of a path of this site; media may live on another host."""
    return path if path.startswith("http") else f"{settings.SITE_URL}{path}"


def without_empty(node: Node) -> Node:
    """Gives a node without the properties that have no value."""
    return {key: value for key, value in node.items() if value not in (None, "", [], {})}
