"""By what name an email greets somebody, from whatever stands in a list."""

from __future__ import annotations

import re
import unicodedata

TITLES = {
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "lady", "lord"),
    *("rev", "revd", "reverend", "fr", "father", "sister", "capt", "col", "maj", "herr", "frau"),
    *("mme", "mlle", "monsieur", "madame", "m", "sr", "sra", "srta", "sig", "doctor", "judge"),
    *("and", "&"),  # "Mr and Mrs Smith"
    *("fam", "familie", "family", "señor", "señora", "dear"),
}
PARTICLES = {
    *("von", "van", "de", "da", "di", "del", "della", "la", "le", "el", "al", "bin", "ter", "dos"),
    *("du", "the"),
}
# First words of what stands in a list in place of a name
NO_NAMES = {
    *("info", "sales", "team", "office", "admin", "support", "contact", "hello", "enquiries"),
    *("none", "null", "undefined", "unknown", "anonymous", "test", "first", "last", "full", "name"),
    *("customer", "client", "subscriber"),
}
# What stands behind a comma and is no first name
SUFFIXES = {
    *("phd", "dphil", "md", "mba", "ma", "msc", "mphil", "ba", "bsc", "beng", "llb", "llm", "pgce"),
    *("esq", "jr", "jnr", "sr", "snr", "ii", "iii", "obe", "mbe", "cbe", "qc", "kc", "jp", "fca"),
    *("aca", "acca", "cima", "mcipd", "rn", "dds", "cpa", "ltd", "limited", "llp", "llc", "inc"),
    *("plc", "gmbh"),
}
NOT_A_NAME = re.compile(r"[@/<>{}\[\]|\\=#%*_^~`0-9]|\bwww\.|\.\w")


def first_name_of(name: str) -> str:
    """Return the first name in a full name, or "" where nobody can be sure of one.

    Understands titles, "Surname, First name" and capitals; takes no address, markup or placeholder
    for a name, no initials and no surname behind a title ("Mrs Smith") or in capitals ("DOE Jane").
    """
    shown = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    last, comma, first = shown.partition(",")
    is_turned = comma and first.strip(" ,") and not is_suffix(first)
    has_title, words = without_title((first if is_turned else last).split())
    words = [word.strip('.,;:!?"“”()') for word in words]
    name = words[0] if words else ""
    if name.isupper():
        is_short = len(name) < 3 or name == shown.strip() == name[:3]  # "AJ Smith", "IBM"
        if is_short or "." in name:
            return ""
        name = next((word for word in words if not word.isupper()), name)
    if len(name) < 2 or name.lower() in PARTICLES | NO_NAMES or NOT_A_NAME.search(name):
        return ""
    if has_title and len(words) == 1 and not comma:
        return ""
    is_odd = name.isupper() or name.islower()
    return "-".join(map(str.capitalize, name.split("-"))) if is_odd else name


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
