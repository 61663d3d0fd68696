"""The rules for an email address: which are taken, when two are the same, and how one is sent.

An address is a local part, "@" and a domain (RFC 5321, 4.1.2; RFC 5322, 3.4.1).

* The local part is an ASCII dot-atom of at most 64 characters. Others (RFC 6531) are refused, for
  few servers take them and every one of them has an ASCII look-alike: nothing is folded onto ASCII
  by compatibility (NFKC, UAX 15), so a dotless i is never i, the Kelvin sign never K, a long s
  never s.
* The domain has a dot, labels of at most 63 and 253 characters in all (RFC 1035, 2.3.4). One with
  other letters follows IDNA 2008 (RFC 5891) after the non-transitional mapping of UTS 46, except
  that characters which NFKC turns into others (full-width letters, ligatures) are refused.
* White space and characters that cannot be seen are dropped at both ends and refused within.
* `mailto:`, `Name <address>` and a full stop, comma or semicolon at the end are understood.

Two addresses are the same if their keys are: ASCII lower case throughout, the domain as A-labels.
The key is pure ASCII, so every database compares it byte for byte. Providers' own rules (dots,
+tag) are not followed.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

import idna
from django.core.exceptions import ValidationError

MAX_LENGTH = 254  # of an address: RFC 5321, 4.5.3.1.3, less the angle brackets
MAX_LOCAL_LENGTH = 64  # RFC 5321, 4.5.3.1.1
MAX_DOMAIN_LENGTH = 253  # RFC 1035, 2.3.4, less the length bytes at both ends
MAX_TEXT_LENGTH = 1000  # of what somebody typed: more than a name and an address need
WHOLE_ADDRESS = "Write the address in full, such as name@example.co.uk."

LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.A)
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")  # RFC 1123, 2.1
TOP_LABEL = re.compile(r"(?!\d+\Z)[a-z0-9-]{2,}")  # RFC 3696, 2: not all digits
IN_BRACKETS = re.compile(r"([^<>@]*)<([^<>]*)>")
# Default_Ignorable_Code_Point (UAX 44) of other categories than Cf, and the blank of Braille
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp"}
ENDS_ADDRESS = r"\s<>\",;:()\\“”„‘‹›«»"  # no address holds these
# Local parts may hold these, but more often they stand before an address or behind it
BESIDE_ADDRESS = r"=/?&|{}\[\]`*#!"
# What stands at an @, up to a sign that none holds; or up to one that none with a key holds, such
# as those of other alphabets. Only so many characters are looked at, whatever the text.
MAX_LOOKED_AT = 260
BEFORE_AND_BEHIND = [
    (
        re.compile(rf"[^@{ENDS_ADDRESS}]+\Z"),
        re.compile(rf"[^@'’{ENDS_ADDRESS}{BESIDE_ADDRESS}]+"),
    ),
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\Z", re.A), re.compile(r"[a-z0-9.-]+", re.A | re.I)),
]
SOFT_LINE_BREAK = re.compile(r"=\r?\n")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")  # in JSON (RFC 8259, 7)


def normalise_email(text: str) -> str:
    """Return the address that somebody typed or pasted, its domain in small letters and Unicode.

    A domain with a joiner, which IDNA allows between some letters (RFC 5892, A.1), stays in
    A-labels: nobody sees a joiner, so nobody could type the address.

    Raises ValidationError with the reason and what to do.
    """
    local, domain = _parts(text)
    readable = idna.decode(domain) if "xn--" in domain else domain
    return f"{local}@{domain if any(map(_is_invisible, readable)) else readable}"


def to_ascii(address: str) -> str:
    """Return an address as every mail server takes it: its domain as A-labels (RFC 5890, 2.3.2.1).

    Raises ValidationError.
    """
    return "@".join(_parts(address))


def email_key(address: str) -> str:
    """Return the key by which addresses are compared, looked up and counted.

    A text that is no address gets a key that only the very same text has.
    """
    try:
        return to_ascii(address).lower()
    except ValidationError:
        content = address.encode("utf-8", "surrogatepass")
        return f"no-address:{hashlib.sha256(content).hexdigest()}"


def host_to_ascii(host: str) -> str:
    """Return a host name in small letters, as A-labels where it has others than ASCII.

    Raises ValidationError.
    """
    host = host.lower() if host.isascii() else host
    if host.isascii() and "xn--" not in host:
        return host
    for character in host:
        composed = unicodedata.normalize("NFC", character)
        is_other = unicodedata.normalize("NFKC", character) != composed
        is_twin = composed != character and len(composed) == 1  # K, Å, Ω as signs
        is_unknown = unicodedata.category(character) == "Cn"  # newer than Python's tables
        if is_other or is_twin or is_unknown:
            raise ValidationError(
                f"{_shown(character)} after the @ only looks like another letter. Type it again."
            )
    try:
        return idna.encode(host, strict=True, uts46=True, std3_rules=True).decode()
    except UnicodeError:  # of which IDNAError is one
        raise ValidationError(
            "No website or mail server can have the name that stands there. Check how it is spelt."
        ) from None


def _parts(text: str) -> tuple[str, str]:
    """Return the local part as it was written and the domain as A-labels."""
    if len(text) > MAX_TEXT_LENGTH:
        raise ValidationError(f"An email address has at most {MAX_LENGTH} characters.")
    address = _unwrapped(text)
    if found := re.search("[＠﹫]", address):
        raise ValidationError(f"Type an ordinary @ in place of “{found[0]}”.")
    if address.count("@") > 1:
        raise ValidationError("Write one email address only, with one @.")
    local, _, domain = address.partition("@")
    if not local or not domain:
        raise ValidationError(WHOLE_ADDRESS)
    _refuse_invisible(address)
    _check_local(local)
    domain = host_to_ascii(domain)
    _check_domain(domain)
    if len(f"{local}@{domain}") > MAX_LENGTH:
        raise ValidationError(f"An email address has at most {MAX_LENGTH} characters.")
    return local, domain


def _unwrapped(text: str) -> str:
    """Return the address within what is often copied with it."""
    text = _stripped(text)
    if text[:7].lower() == "mailto:":  # RFC 6068
        text = _stripped(unquote(text[7:].partition("?")[0]))
    if found := IN_BRACKETS.fullmatch(text):
        text = _stripped(found[2])
    return text


def _stripped(text: str) -> str:
    """Return a text without what cannot be seen at its ends, and punctuation at its end."""
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while start < end and (text[end - 1] in ".,;" or _is_invisible(text[end - 1])):
        end -= 1
    return text[start:end]


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE_CATEGORIES or bool(
        INVISIBLE.match(character)
    )


def _refuse_invisible(address: str) -> None:
    found = next((character for character in address if _is_invisible(character)), "")
    if found.isspace():
        raise ValidationError("Take the space out of the address.")
    if found:
        raise ValidationError(
            "There is an invisible character in the address. Type it instead of pasting it."
        )


def _check_local(local: str) -> None:
    strange = next((character for character in local if not character.isascii()), "")
    if strange:
        raise ValidationError(
            f"Before the @ an address can have only the letters a to z, digits and signs such as "
            f". _ - and +, not {_shown(strange)}. If yours is written so, give another address."
        )
    if len(local) > MAX_LOCAL_LENGTH:
        raise ValidationError(f"Before the @ are more than {MAX_LOCAL_LENGTH} characters.")
    if not LOCAL_PART.fullmatch(local):
        wrong = re.search(r"[^\w.!#$%&'*+/=?^`{|}~-]", local)
        fault = f"{_shown(wrong[0])} cannot stand" if wrong else "A dot is in the wrong place"
        raise ValidationError(f"{fault} before the @. {WHOLE_ADDRESS}")


def _check_domain(domain: str) -> None:
    if wrong := re.search(r"[^a-z0-9.\[\]:-]", domain):
        raise ValidationError(f"{_shown(wrong[0])} cannot stand after the @. {WHOLE_ADDRESS}")
    labels = domain.split(".")
    if len(labels) < 2 or not TOP_LABEL.fullmatch(labels[-1]):
        raise ValidationError(f"The address is not complete after the @. {WHOLE_ADDRESS}")
    if len(domain) > MAX_DOMAIN_LENGTH or any(len(label) > 63 for label in labels):
        raise ValidationError("The address is too long after the @. Check how it is spelt.")
    if not all(LABEL.fullmatch(label) for label in labels):
        raise ValidationError(f"A dot or hyphen is misplaced after the @. {WHOLE_ADDRESS}")


def _shown(character: str) -> str:
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"


def names_address(text: str, key: str) -> bool:
    """Tell whether an address with an `email_key` stands in a text, however it is written: in any
    quotes, in a URL or the body of a form (%40), in JSON whose signs are escaped (\\u003c), in HTML
    (&#64;), or in an email's quoted-printable text (=40, RFC 2045, 6.7)."""
    if "%40" in text:
        text = f"{text}\n{unquote(text)}"
    if "\\u" in text:
        text = f"{text}\n{ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)}"
    if "&" in text:
        text = f"{text}\n{html.unescape(text)}"
    if "=40" in text or SOFT_LINE_BREAK.search(text):
        text += "\n" + SOFT_LINE_BREAK.sub("", text).replace("=40", "@")
    start = key[: key.rfind("@") + 1]
    return any(
        found.lower().startswith(start) and email_key(found) == key for found in _addresses_in(text)
    )


def _addresses_in(text: str) -> Iterator[str]:
    """Yield what may be an address in a text, each in all the ways in which it may begin."""
    for found in re.finditer("@", text):
        before = text[max(0, found.start() - MAX_LOOKED_AT) : found.start()]
        behind = text[found.end() : found.end() + MAX_LOOKED_AT]
        for local_end, domain_start in BEFORE_AND_BEHIND:
            local, domain = local_end.search(before), domain_start.match(behind)
            if local and domain:
                whole = local[0]
                inner = re.split(f"[{BESIDE_ADDRESS}]", whole)[-1].lstrip("'’")
                for one in {whole, inner, whole.lstrip(".!#$%&'*+/=?^`{|}~-")}:
                    yield f"{one}@{domain[0].strip('.-')}"
