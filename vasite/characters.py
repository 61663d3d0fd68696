"""Characters that no text may hold, and their removal from whatever came from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Line breaks of word processors and the separators of ASCII: what stood apart stays apart.
SEPARATORS = re.compile("[\v\f\x1c-\x1f\x85]")
# C0 and C1 controls, lone surrogates and noncharacters. XML 1.0 (2.2) has no place for most of
# them, PostgreSQL refuses NUL, UTF-8 can't encode a surrogate, a spreadsheet takes no control.
UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_text(text: str) -> str:
    """Return the text without control characters, lone surrogates and noncharacters."""
    return UNPRINTABLE.sub("", SEPARATORS.sub(" ", text))


def clean_data(value: Any) -> Any:
    """Return JSON-like data with each of its texts cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_data(key): clean_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_data(item) for item in value]
    return value
