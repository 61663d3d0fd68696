"""Checks of what a search result shows: title, description, picture, the words to be found for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vasite.seo.coach.drafts import Draft
from vasite.seo.coach.findings import Finding, Severity, check
from vasite.seo.metadata import DESCRIPTION_LENGTH

# About what Google shows on a phone (its titles are cut by width, not by letters)
TITLE_LIMIT = 60
DESCRIPTION_FROM = 50
WITH_PICTURE = {"blogpostpage", "servicepage", "areapage", "homepage"}


@check
def title(draft: Draft) -> Iterator[Finding]:
    if not draft.has_title:
        yield Finding(
            "no-title",
            Severity.WRONG,
            "The page has no title yet.",
            "The title is the line that people click in a search result.",
        )
    elif len(draft.search_title) > TITLE_LIMIT:
        yield Finding(
            "long-title",
            Severity.WEAK,
            f"The title has {len(draft.search_title)} characters; about {TITLE_LIMIT} are shown.",
            "Search results cut the rest off. Give a shorter one under “Promote”, or shorten it.",
            draft.title_field,
        )


@check
def description(draft: Draft) -> Iterator[Finding]:
    length = len(draft.description)
    if not length:
        yield Finding(
            "no-description",
            Severity.WRONG,
            "Say in one or two sentences what the page is about.",
            "They stand under the title in search results and lists. Without them the first words "
            "of your text are taken, whatever they are.",
            "introduction",
        )
    elif length < DESCRIPTION_FROM:
        yield Finding(
            "thin-description",
            Severity.WEAK,
            f"The description has only {length} characters.",
            f"There is room for about {DESCRIPTION_LENGTH}: say what a reader gets from the page.",
            draft.description_field,
        )
    elif length > DESCRIPTION_LENGTH and not draft.page.search_description:
        yield Finding(
            "long-description",
            Severity.HINT,
            f"The introduction has {length} characters; search results show about "
            f"{DESCRIPTION_LENGTH}.",
            "Give a shorter description under “Promote” if its end matters.",
            "search_description",
        )


@check
def picture(draft: Draft) -> Iterator[Finding]:
    if draft.kind in WITH_PICTURE and not draft.pictures:
        yield Finding(
            "no-picture",
            Severity.WEAK,
            "Add a picture.",
            "Pages with one are noticed in lists and when somebody passes a link on.",
            "picture",
        )


@check
def phrase(draft: Draft) -> Iterator[Finding]:
    wanted = draft.search_phrase
    if not wanted:
        return
    words = re.findall(r"\w+", wanted)
    said = f"{draft.search_title} {draft.description} {draft.text}".lower()
    missing = [word for word in words if not re.search(rf"\b{re.escape(word)}", said)]
    if missing:
        yield Finding(
            "phrase-missing",
            Severity.WEAK,
            f"The page never says “{' '.join(missing)}”.",
            f"You want to be found for “{wanted}”, so use these words where they fit.",
            "body",
        )
    elif not all(re.search(rf"\b{re.escape(w)}", draft.search_title.lower()) for w in words):
        yield Finding(
            "phrase-not-in-title",
            Severity.HINT,
            f"The title does not hold “{wanted}”.",
            "Words in the title count most. Under “Promote” you can give search engines a title "
            "of their own.",
            "seo_title",
        )
