"""Messages to train and to test the spam filter with, put together from sentences.

The files beside hold sentences by kind, `{one|or the other}`; those for the test were written
apart from those for the training, and share no sentence with them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
ENDINGS = ("com", "net", "ru", "xyz", "top", "info", "click", "shop", "org", "co", "online", "biz")


def read_kinds(name: str) -> dict[str, list[str]]:
    """Gives the sentences of a file by their kind."""
    kinds: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / f"{name}.txt").read_text().splitlines():
        if line.startswith("## "):
            sentences = kinds.setdefault(line[3:], [])
        elif line:
            sentences.append(line)
    return kinds


def messages(part: str, label: str, count: int) -> list[str]:
    """Gives as many different messages: part "train" or "test", label "spam" or "ham"."""
    dice = random.Random(f"{part} {label}")  # noqa: S311 - the same each time, no secret
    greetings = read_kinds(f"{part}_ham")["greeting"]
    closings = read_kinds(f"{part}_ham")["closing"]
    kinds = read_kinds(f"{part}_{label}")
    names = [name for name in kinds if name not in {"greeting", "closing"}]
    if label == "ham":  # most people who write are these
        names += ["enquiry"] * 4 + ["comment"] * 3
    found: dict[str, None] = {}
    while len(found) < count:
        kind = dice.choice(names)
        is_letter = kind not in {"comment", "short", "foreign", "marks", "russian"}
        sentences = dice.sample(kinds[kind], k=min(len(kinds[kind]), length(dice, is_letter)))
        if kind == "marks" and dice.random() < 0.5:  # links under words stolen from a reader
            sentences.insert(0, dice.choice(read_kinds(f"{part}_ham")["comment"]))
        if is_letter and dice.random() < 0.6:
            sentences = [dice.choice(greetings), *sentences]
        if is_letter and dice.random() < 0.5:
            sentences = [*sentences, dice.choice(closings)]
        found[fill(dice, dice.choice([" ", ". ", "\n", ".\n\n"]).join(sentences))] = None
    return list(found)


def length(dice: random.Random, is_letter: bool) -> int:
    return dice.choice([1, 1, 2, 2, 3, 4] if is_letter else [1, 1, 1, 2])


def fill(dice: random.Random, text: str) -> str:
    """Chooses alternatives until none is left and writes addresses and numbers in."""
    while found := ALTERNATIVES.search(text):
        text = text[: found.start()] + dice.choice(found[1].split("|")) + text[found.end() :]
    return re.sub(
        r"LINK|LOANMAIL|PHONE|SHOP|SITE", lambda place: "".join(name(dice, place[0])), text
    )


def name(dice: random.Random, place: str) -> Iterator[str]:
    word = "".join(dice.choices("abcdefghilmnoprstu", k=dice.randint(5, 11)))
    if place == "LINK":
        yield dice.choice(["https://", "http://", "https://www."])
        yield f"{word}.{dice.choice(ENDINGS)}"
        yield dice.choice(["", "/", f"/{word[:4]}", f"/?r={dice.randint(100, 9999)}"])
    elif place == "LOANMAIL":
        yield f"{word}.loans@{dice.choice(['gmail', 'outlook'])}.com"
    elif place == "PHONE":
        yield str(dice.randint(100_000, 999_999))
    elif place == "SITE":
        yield f"{word}.co.uk"
    else:
        yield word
