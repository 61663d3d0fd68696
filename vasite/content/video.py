"""Addresses of videos: which hosts are known and what is embedded for each."""

from __future__ import annotations

import re
from dataclasses import dataclass

PATTERNS = {
    "https://www.youtube-nocookie.com/embed/{}?autoplay=1": re.compile(
        r"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?(?:.*&)?v=|shorts/|live/)|youtu\.be/)"
        r"([\w-]{11})(?:[?&#].*)?"
    ),
    "https://player.vimeo.com/video/{}?autoplay=1&dnt=1": re.compile(
        r"https?://(?:www\.)?vimeo\.com/([0-9]{1,18})(?:[?#].*)?"
    ),
}


@dataclass(frozen=True)
class Video:
    """Where a person watches the video, and the address of the player to embed."""

    page_url: str
    embed_url: str


def parse_video_url(url: str) -> Video:
    """Takes the address of a YouTube or Vimeo page. Raises ValueError for any other."""
    for embed_url, pattern in PATTERNS.items():
        match = pattern.fullmatch(url.strip())
        if match:
            return Video(url.strip(), embed_url.format(match[1]))
    raise ValueError(url)
