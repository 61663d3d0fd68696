"""Checks against the rest of the site: twins, copies, rivals, dead links, posts nobody links to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from wagtail.models import Page, ReferenceIndex

from vasite.content.models import ContentPage
from vasite.content.visibility import visible
from vasite.seo.coach.drafts import Draft
from vasite.seo.coach.findings import Finding, Severity, check
from vasite.seo.models import OutsideLink

SHINGLE = 4  # words that follow each other
COPY_LIMIT = 0.5  # of the shingles shared with another page
COMPARED_PAGES = 40


@check
def twins(draft: Draft) -> Iterator[Finding]:
    others = Page.objects.live().exclude(pk=draft.page.pk)
    same_title = Q(title__iexact=draft.search_title) | Q(seo_title__iexact=draft.search_title)
    twin = others.filter(same_title).first() if draft.has_title else None
    if twin:
        yield Finding(
            "twin-title",
            Severity.WRONG,
            f"The page “{twin.title}” has the same title.",
            "Nobody can tell the two apart in a search result. Say what is special about this one.",
            draft.title_field,
        )
    twin = others.filter(search_description__iexact=draft.description).first()
    if draft.description and (twin or has_same_introduction(draft)):
        yield Finding(
            "twin-description",
            Severity.WEAK,
            "Another page has the same description.",
            "Search engines then show neither, but a piece of the text that they choose.",
            draft.description_field,
        )


def has_same_introduction(draft: Draft) -> bool:
    return any(
        model.objects.live()
        .exclude(pk=draft.page.pk)
        .filter(introduction__iexact=draft.description, search_description="")
        .exists()
        for model in ContentPage.__subclasses__()
    )


@check
def rivals(draft: Draft) -> Iterator[Finding]:
    if not draft.search_phrase:
        return
    for model in ContentPage.__subclasses__():
        others = model.objects.live().exclude(pk=draft.page.pk)
        rival = others.filter(search_phrase__iexact=draft.search_phrase).first()
        if rival:
            yield Finding(
                "phrase-competes",
                Severity.WEAK,
                f"“{rival.title}” wants to be found for “{draft.search_phrase}”, too.",
                "The two compete with each other. Choose other words for one of them.",
                "search_phrase",
            )
            return


@check
def copies(draft: Draft) -> Iterator[Finding]:
    own = shingles(draft.text)
    if len(own) < 20:
        return
    others = visible(type(draft.page).objects.exclude(pk=draft.page.pk)).order_by("-pk")
    for other in others[:COMPARED_PAGES]:
        shared = len(own & shingles(other.text)) / len(own)
        if shared > COPY_LIMIT:
            yield Finding(
                "copy",
                Severity.WRONG,
                f"This page mostly repeats “{other.title}”.",
                "Search engines leave copies out. Write what is true of this one alone.",
                "body",
            )
            return


def shingles(text: str) -> set[tuple[str, ...]]:
    """Gives all runs of SHINGLE words of a text."""
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


@check
def dead_links(draft: Draft) -> Iterator[Finding]:
    wanted = {link.page_id for link in draft.links if link.page_id}
    live = set(Page.objects.live().filter(pk__in=wanted).values_list("pk", flat=True))
    addresses = {link.address for link in draft.links if link.address.startswith("http")}
    dead = OutsideLink.objects.dead().filter(address__in=addresses)
    dead_addresses = set(dead.values_list("address", flat=True))
    for link in draft.links:
        if link.page_id and link.page_id not in live:
            yield Finding(
                "dead-link-inside",
                Severity.WRONG,
                f"The link “{link.text}” leads to a page that is not public.",
                "Readers end at a page that says so. Choose another page, or publish that one.",
                link.place,
            )
        elif link.address in dead_addresses:
            yield Finding(
                "dead-link-outside",
                Severity.WEAK,
                f"The link “{link.text}” leads nowhere: {link.address} did not answer.",
                "It was tried on several days. Find its new address, or take the link out.",
                link.place,
            )


@check
def orphan(draft: Draft) -> Iterator[Finding]:
    if draft.kind != "blogpostpage" or not draft.page.pk or not draft.page.live:
        return
    pages = ContentType.objects.get_for_model(Page)
    references = ReferenceIndex.get_references_to(draft.page).filter(base_content_type=pages)
    if not references.exclude(object_id=str(draft.page.pk)).exists():
        yield Finding(
            "orphan",
            Severity.HINT,
            "No other page links to this post.",
            "Google follows links. Mention it where it helps, in another post or a service.",
            "body",
        )
