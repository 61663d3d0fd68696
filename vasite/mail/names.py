"""By what name an email greets somebody, from whatever stands in a list."""

from __future__ import annotations

import re
import unicodedata

TITLES = {
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "lady", "lord"),
    *("rev", "revd", "reverend", "fr", "father", "sister", "capt", "col", "maj", "herr", "frau"),
    *("mme", "mlle", "monsieur", "madame", "m", "sr", "sra", "srta", "sig", "doctor", "judge"),
    *("and", "&"),  # "Mr and Mrs Smith"
}
PARTICLES = {
    *("von", "van", "de", "da", "di", "del", "della", "la", "le", "el", "al", "bin", "ter", "dos"),
    *("du", "the"),
}
# What stands behind a comma and is no first name
SUFFIXES = {
    *("phd", "dphil", "md", "mba", "ma", "msc", "mphil", "ba", "bsc", "beng", "llb", "llm", "pgce"),
    *("esq", "jr", "jnr", "sr", "snr", "ii", "iii", "obe", "mbe", "cbe", "qc", "kc", "jp", "fca"),
    *("aca", "acca", "cima", "mcipd", "rn", "dds", "cpa", "ltd", "limited", "llp", "llc", "inc"),
    *("plc", "gmbh"),
}
NOT_A_NAME = re.compile(r"[@/<>{}\[\]|\\=#%*_^~`0-9]|\bwww\.|\.\w{2,}$")


def first_name_of(name: str) -> str:
    """Return the first name in a full name, or "" where nobody can be sure of one.

    Understands titles, "Surname, First name" and capitals; takes no address, markup or placeholder
    for a name, and no surname behind a title ("Mrs Smith").
    """
    shown = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    last, comma, first = shown.partition(",")
    is_turned = comma and first.strip(" ,") and not is_suffix(first)
    has_title, words = without_title((first if is_turned else last).split())
    words = [word.strip('.,;:!?"“”()') for word in words]
    if not words or len(words[0]) < 2 or words[0].lower() in PARTICLES:
        return ""
    if NOT_A_NAME.search(words[0]):
        return ""
    if has_title and len(words) == 1 and not comma:
        return ""
    is_odd = words[0].isupper() or words[0].islower()
    return "-".join(map(str.capitalize, words[0].split("-"))) if is_odd else words[0]


def is_suffix(text: str) -> bool:
    """Tell whether all words behind a comma are a degree, an honour, "Jr" or a company's form."""
    words = text.replace(".", "").replace(",", " ").lower().split()
    return all(word in SUFFIXES for word in words)


def without_title(words: list[str]) -> tuple[bool, list[str]]:
    """Return whether words begin with titles, and those that follow."""
    for number, word in enumerate(words):
        if word.strip(".,").lower() not in TITLES:
            return number > 0, words[number:]
    return bool(words), []
