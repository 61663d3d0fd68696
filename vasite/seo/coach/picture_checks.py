"""Checks of pictures: an alt text that describes, for people who can't see them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from vasite.business.models import BusinessSettings
from vasite.content.models import SiteImage
from vasite.seo.coach.drafts import Draft, Picture
from vasite.seo.coach.findings import Finding, Severity, check

# A description holds small words; what is typed into a search box does not.
SMALL = """a an the of in on at by with and or to from for is are as over under beside behind
between her his its their who that near above into through"""
SEARCHED = """virtual assistant assistants va outsource outsourcing freelance freelancer remote
hire cheap best affordable professional services service company near me local business support
admin administration uk online prices price cost"""
SMALL_WORDS, SEARCH_WORDS = set(SMALL.split()), set(SEARCHED.split())


@check
def alt_texts(draft: Draft) -> Iterator[Finding]:
    for picture in draft.pictures:
        if picture.is_decorative:
            continue
        if not picture.alt.strip():
            yield Finding(
                "no-alt-text",
                Severity.WRONG,
                f"The picture “{picture.image.title}” has no alt text.",
                "People who can’t see it hear nothing. Describe it in a sentence, or say that it "
                "only decorates.",
                picture.place,
            )
        elif is_search_phrase(picture.alt, draft):
            yield Finding(
                "alt-is-search-phrase",
                Severity.WRONG,
                f"“{picture.alt}” is what people type into a search box, not what the picture "
                "shows.",
                "Screen readers read it aloud in the middle of your text, and Google counts such "
                "words as stuffing. Say what is to be seen, as on the telephone: “A woman at a "
                "desk under a window”.",
                picture.place,
            )


def is_search_phrase(alt: str, draft: Draft) -> bool:
    """Tells a search phrase from a description.

    It is a few words without one that joins them, most of which are what this business wants to
    be found for: its trade, its places, the words of the page's own phrase.
    """
    words = re.findall(r"[^\W\d_]+", alt.lower())
    if not 2 <= len(words) <= 7 or SMALL_WORDS & set(words):
        return False
    if draft.search_phrase and " ".join(words) == draft.search_phrase:
        return True
    sought = SEARCH_WORDS | set(re.findall(r"[^\W\d_]+", draft.search_phrase))
    places = place_words(draft.business)
    hits = sum(word in sought or word.startswith(tuple(places)) for word in words)
    return hits * 2 > len(words)


def place_words(business: BusinessSettings) -> set[str]:
    """Gives the names of the places served, long enough to begin their counties' names too."""
    names = " ".join([business.locality, *(str(area.value) for area in business.areas)])
    return {name.lower() for name in re.findall(r"[^\W\d_]{4,}", names)}


@check
def same_alt_text(draft: Draft) -> Iterator[Finding]:
    described = [one for one in draft.pictures if one.alt.strip() and not one.is_decorative]
    times = Counter(normal(one.alt) for one in described)
    for picture in first_of_each(described):
        others = SiteImage.objects.filter(description__iexact=picture.alt.strip())
        twins = others.exclude(pk__in=[one.image.pk for one in draft.pictures]).count()
        if times[normal(picture.alt)] + twins > 1:
            yield Finding(
                "same-alt-text",
                Severity.WEAK,
                f"Several pictures have the alt text “{picture.alt}”.",
                "Two pictures that sound alike can’t be told apart. Say what is different.",
                picture.place,
            )


def first_of_each(pictures: list[Picture]) -> Iterator[Picture]:
    seen: set[str] = set()
    for picture in pictures:
        if normal(picture.alt) not in seen:
            seen.add(normal(picture.alt))
            yield picture


def normal(text: str) -> str:
    return " ".join(text.lower().split())
