"""What is looked at before a letter goes out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from newsletter.blocks import shown_posts
from newsletter.composing import Letter, compose
from newsletter.models import Campaign, SendingSettings
from newsletter.sender_records import missing_records
from vasite.seo.coach.drafts import Draft
from vasite.seo.coach.reviewing import answers
from vasite.seo.coach.site_checks import dead_links
from vasite.serving.errors import DATABASE_GONE
from vasite.serving.faults import place_of

FAULT = "Something in it is faulty, so it can’t be written."
logger = logging.getLogger("vasite.event")
CLIPPED_FROM = 100_000  # bytes: Gmail shows no more than about 102 kB of HTML


@dataclass(frozen=True)
class Problem:
    """Something to mend in a letter; one that `stops` must be mended before it goes out."""

    words: str
    stops: bool = False


def problems_of(campaign: Campaign) -> list[Problem]:
    """Return what is wrong with a campaign, what stops it first."""
    letter, stopping = _compose_and_check(campaign)
    hints = _hints(letter) if letter else ()
    return [*(Problem(words, stops=True) for words in stopping), *hints]


def stops_of(campaign: Campaign) -> list[str]:
    """Return what has to be mended before a campaign can be sent, a fault in writing it included:
    whatever is wrong with it, the owner has to read of it."""
    return _compose_and_check(campaign)[1]


def _compose_and_check(campaign: Campaign) -> tuple[Letter | None, list[str]]:
    """Return the letter, if it can be written, and what stops it."""
    stopping = list(what_stops(campaign))
    try:
        return compose(campaign), stopping
    except DATABASE_GONE:
        raise
    except Exception as error:
        logger.error("Newsletter %s can't be written: %s", campaign.pk, place_of(error))
        return None, [*stopping, FAULT]


def what_stops(campaign: Campaign) -> Iterator[str]:
    """Gives what has to be mended before a letter can go out."""
    if not campaign.subject.strip():
        yield "It has no subject."
    if not campaign.body:
        yield "It has no text."
    yield from gaps(campaign)
    if not campaign.audience.exists():
        yield "Nobody would get it: no confirmed subscriber fits."


def gaps(campaign: Campaign) -> Iterator[str]:
    """Yield what has gone since it was chosen: its block would be left out, or be empty."""
    pictures = [block.value["picture"] for block in campaign.body.blocks_by_name("picture")]
    if not all(pictures):
        yield "A picture in it has been deleted. Choose another, or take its block out."
    for picture in filter(None, pictures):
        if not picture.is_public:
            yield f"The picture “{picture.title}” is private, so nobody would see it."
    for block in campaign.body.blocks_by_name("posts"):
        if not shown_posts(block.value):
            heading = block.value["heading"]
            yield f"There is no post under “{heading}” that everybody may read."


def _hints(letter: Letter) -> Iterator[Problem]:
    campaign, sending = letter.campaign, SendingSettings.load()
    if not settings.MAIL_TRANSPORT:
        yield Problem("Email isn’t connected yet, so the newsletter would wait until it is.")
    elif not settings.IS_LOCAL:
        yield from map(Problem, missing_records(sending.dkim_selector))
    letters = [one for one in campaign.subject if one.isalpha()]
    if len(letters) > 7 and sum(one.isupper() for one in letters) > len(letters) / 2:
        yield Problem("The subject is mostly in capitals. Spam filters and readers dislike that.")
    if "!!" in campaign.subject or campaign.subject.count("!") > 1:
        yield Problem("The subject has more than one exclamation mark, as spam has.")
    if not campaign.preheader:
        yield Problem("It has no second line: mail programs show its first words instead.")
    draft = Draft(campaign)
    for picture in draft.pictures:
        if not picture.is_decorative and not picture.alt.strip():
            yield Problem(f"The picture “{picture.image.title}” has no alt text.")
    for finding in dead_links(draft):
        yield Problem(finding.text)
    for address in unanswered({link.address for link in draft.links}):
        yield Problem(f"It links to {address}, which does not answer.")
    size = len(letter.html.encode())
    if size > CLIPPED_FROM:
        yield Problem(f"It is {size // 1000} kB long. Gmail cuts letters off at about 100 kB.")
    if not sending.postal_address:
        yield Problem(
            "No postal address stands under it. Companies need one, and so do letters to the "
            "United States: Settings → Sending letters."
        )


def unanswered(addresses: set[str]) -> list[str]:
    """Gives those of some addresses on other sites that don't answer now; asks them all at once."""
    outside = sorted(address for address in addresses if address.startswith("http"))
    if not outside:
        return []
    with ThreadPoolExecutor(min(len(outside), 16)) as threads:
        replies = threads.map(answers, outside)
        return [address for address, reply in zip(outside, replies, strict=True) if not reply]
