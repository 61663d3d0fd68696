"""What the classifier sees of a message: hashed words, pairs of words and parts of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

BUCKETS = 2**16
READ_LIMIT = 2000  # letters: spam shows itself early, and a verdict takes under 2 ms

WEB_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'\])]+", re.I)
# At most so many characters are looked at before an @: a text without one takes no longer for it
EMAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+\.[\w.]+")
MONEY = re.compile(r"([$€£])\s?\d[\d.,]*")
MARKUP = re.compile(r"\[/?(?:url|link|img)\b|<\s*/?\s*(?:a|img|script|iframe)\b", re.I)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


def features(text: str, name: str = "") -> set[int]:
    """Gives the buckets, 0 to BUCKETS - 1, of what stands in a message and its author's name."""
    return {crc32(token.encode()) % BUCKETS for token in tokens(text, name)}


def tokens(text: str, name: str) -> Iterator[str]:
    """Gives what is told apart, each kind with a prefix of its own."""
    # Cut again: one character may become eighteen
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:READ_LIMIT])[:READ_LIMIT])
    # One of these says as much as several words.
    yield from (f"{token} {copy}" for token in structure(text, name) for copy in range(4))
    for address in WEB_ADDRESS.findall(text):
        host = address.split("//")[-1].split("/")[0].lower()
        yield f"end {host.rpartition('.')[2]}"
    for currency in MONEY.findall(text):
        yield f"money {currency}"
    text = MONEY.sub(" 0 ", EMAIL_ADDRESS.sub(" ", WEB_ADDRESS.sub(" ", MARKUP.sub(" ", text))))
    words = [
        "0" if word.isdigit() else word for word in WORD.findall(text.casefold().replace("’", "'"))
    ]
    yield from (f"word {word}" for word in words)
    yield from (f"pair {first} {second}" for first, second in pairwise(words))
    for word in set(words):
        padded = f"<{word}>"
        yield from (f"part {padded[place : place + 4]}" for place in range(len(padded) - 3))


def structure(text: str, name: str) -> Iterator[str]:
    """Gives what a message is made of beside its words."""
    links = len(WEB_ADDRESS.findall(text))
    yield f"links {min(links, 3)}"
    if MARKUP.search(text):
        yield "markup"
    if links and len(text.split()) <= 4 * links:
        yield "hardly more than links"
    if WEB_ADDRESS.search(name) or "." in name.strip("."):
        yield "address in name"
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) > 12 and sum(letter.isupper() for letter in letters) > len(letters) * 0.5:
        yield "capitals"
    if "!!" in text or ">>" in text:
        yield "shouting"
    if any(is_gibberish(word) for word in text.split()):
        yield "gibberish"


def is_gibberish(word: str) -> bool:
    """Tells a row of letters such as qzXkvTrW from a word of any language."""
    if not (word.isascii() and word.isalpha() and 6 <= len(word) <= 40):
        return False
    changes = len(re.findall(r"[a-z][A-Z]|[A-Z]{2}[a-z]", word))
    return changes >= 2 or bool(re.search(r"[^aeiouy]{6}", word.lower()))
