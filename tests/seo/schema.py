"""A checker of JSON-LD: the shapes of schema.org's types as Google's rules ask for them.

developers.google.com/search/docs/appearance/structured-data: article, breadcrumb, faqpage,
local-business, organization, discussion-forum (for comments); schema.org for what Google has no
rule of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
TEXT, URL, DATE, NUMBER, TIME = "text", "url", "date", "number", "time"
# Each type with its properties: required ones marked by "!", with what they may hold
SHAPES: dict[str, dict[str, Any]] = {
    "WebSite": {"name!": TEXT, "url!": URL, "publisher!": "@", "inLanguage": TEXT}
    | {"potentialAction!": ["SearchAction"]},
    "SearchAction": {"target!": ["EntryPoint"], "query-input!": TEXT},
    "EntryPoint": {"urlTemplate!": URL},
    "ProfessionalService": {"name!": TEXT, "url!": URL, "address!": ["PostalAddress"]}
    | {"image": URL, "logo": URL, "telephone": TEXT, "email": TEXT, "description": TEXT}
    | {"areaServed": ["Place"], "openingHoursSpecification": ["OpeningHoursSpecification"]}
    | {"priceRange": TEXT, "sameAs": URL, "founder": ["Person"]},
    "Organization": {"name!": TEXT, "url": URL, "logo": URL, "image": URL, "email": TEXT}
    | {"telephone": TEXT, "description": TEXT, "areaServed": ["Place"], "sameAs": URL}
    | {"openingHoursSpecification": ["OpeningHoursSpecification"], "priceRange": TEXT}
    | {"founder": ["Person"]},
    "PostalAddress": {"addressLocality!": TEXT, "addressCountry!": TEXT}
    | {"streetAddress": TEXT, "postalCode": TEXT},
    "OpeningHoursSpecification": {"dayOfWeek!": URL, "opens!": TIME, "closes!": TIME},
    "Place": {"name!": TEXT},
    "Person": {"name!": TEXT, "url": URL, "worksFor": "@", "image": URL, "jobTitle": TEXT},
    "WebPage": {"name!": TEXT, "url!": URL, "isPartOf!": "@", "description": TEXT, "about": "@"}
    | {"breadcrumb": "@", "primaryImageOfPage": ["ImageObject"], "inLanguage": TEXT},
    "ImageObject": {"url!": URL},
    "BreadcrumbList": {"itemListElement!": ["ListItem"]},
    "ListItem": {"position!": NUMBER, "name!": TEXT, "item!": URL},
    "BlogPosting": {"headline!": TEXT, "image": URL, "datePublished!": DATE}
    | {"dateModified!": DATE, "author!": ["Person", "Organization"], "publisher!": "@"}
    | {"url!": URL, "mainEntityOfPage!": "@", "description": TEXT, "articleSection": TEXT}
    | {"keywords": TEXT, "wordCount!": NUMBER, "timeRequired": TEXT, "inLanguage": TEXT}
    | {"commentCount": NUMBER, "comment": ["Comment"]},
    "Comment": {"author!": ["Person"], "dateCreated!": DATE, "text!": TEXT},
    "Service": {"name!": TEXT, "url!": URL, "provider!": "@", "description": TEXT}
    | {"serviceType": TEXT, "areaServed": ["Place"], "offers": ["Offer"]},
    "Offer": {"name!": TEXT, "price": NUMBER, "priceCurrency!": TEXT, "url": URL}
    | {"priceSpecification": ["UnitPriceSpecification"]},
    "UnitPriceSpecification": {"priceCurrency!": TEXT, "price": NUMBER, "minPrice": NUMBER}
    | {"unitCode": TEXT},
    "FAQPage": {"mainEntity!": ["Question"]},
    "Question": {"name!": TEXT, "acceptedAnswer!": ["Answer"]},
    "Answer": {"text!": TEXT},
}
for page_type in ("AboutPage", "ContactPage", "CollectionPage"):
    SHAPES[page_type] = SHAPES["WebPage"]


def graph_of(html: str) -> list[dict[str, Any]]:
    """Gives the nodes of a page's one JSON-LD script."""
    (script,) = SCRIPT.findall(html)
    document = json.loads(script)
    assert document["@context"] == "https://schema.org"
    return document["@graph"]


def faults(nodes: list[dict[str, Any]]) -> Iterator[str]:
    """Gives what is wrong with the nodes, each as a line."""
    ids = [node["@id"] for node in nodes]
    if len(set(ids)) < len(ids):
        yield f"two nodes have the same id: {ids}"
    known = set(ids) | {
        value["@id"]
        for node in nodes
        for value in node.values()
        if isinstance(value, dict) and len(value) > 1 and "@id" in value
    }
    for node in nodes:
        yield from node_faults(node, known)


def node_faults(node: dict[str, Any], known: set[str]) -> Iterator[str]:
    shape = SHAPES.get(node["@type"])
    if shape is None:
        yield f"unknown type {node['@type']}"
        return
    for name in (key.rstrip("!") for key in shape if key.endswith("!")):
        if name not in node:
            yield f"{node['@type']} lacks {name}"
    allowed = {key.rstrip("!"): rule for key, rule in shape.items()}
    for name, value in node.items():
        if name in {"@type", "@id"}:
            continue
        if name not in allowed:
            yield f"{node['@type']} has no property {name}"
            continue
        for one in value if isinstance(value, list) else [value]:
            for fault in value_faults(one, allowed[name], known):
                yield f"{node['@type']}.{name}: {fault}"


def value_faults(value: Any, rule: Any, known: set[str]) -> Iterator[str]:
    if rule == "@":
        if value.get("@id") not in known:
            yield f"refers to nothing: {value}"
    elif isinstance(rule, list):
        if value.get("@type") not in rule:
            yield f"is {value}, not of {rule}"
        else:
            yield from node_faults(value, known)
    elif rule == URL:
        if not re.match(r"https?://[^/\s]+", str(value)):
            yield f"is no absolute address: {value}"
    elif rule == NUMBER:
        if not re.fullmatch(r"\d+(\.\d+)?", str(value)):
            yield f"is no number: {value}"
    elif rule == DATE:
        if datetime.fromisoformat(value).tzinfo is None:
            yield f"has no offset: {value}"
    elif rule == TIME:
        if not re.fullmatch(r"\d\d:\d\d", value):
            yield f"is no time: {value}"
    elif not str(value).strip():
        yield "is empty"
