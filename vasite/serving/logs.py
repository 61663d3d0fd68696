"""Log lines that tell what happened without telling about whom."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from vasite.request_ids import current_request_id

# What stands before a token in an address
BEFORE_TOKENS = (
    "confirm",
    "follow",
    "moderate",
    "password_reset",
    "preferences",
    "preview",
    "unfollow",
    "unsubscribe",
    "your-data",
)
MASKS = [
    # An e-mail address, plain, percent-coded or with its sign spelt as in a header's encoding
    (re.compile(r"[^\s/\\\"'<>()\[\],;:=?&]+(?:@|%40|=40)[^\s/\\\"'<>()\[\],;:?&]+", re.I), "…"),
    # All that follows a word before tokens in an address
    (re.compile(rf"/({'|'.join(BEFORE_TOKENS)})/[^\s\"'<>]+", re.I), r"/\1/…"),
    # A query
    (re.compile(r"\?[^\s\"'<>]+"), "?…"),
    # What django.core.signing signs, and other long runs of letters that nobody reads
    (re.compile(r"[\w.=-]+:[\w-]{4,}:[\w-]{20,}"), "…"),
    (re.compile(r"[A-Za-z0-9_=+-]{40,}"), "…"),
]
IP_ADDRESSES = [
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"),
    re.compile(r"(?<![\w:])(?=[\da-f:]*::|(?:[\da-f]+:){7})[\da-f:]{2,}(?:%\w+)?(?!\w)", re.I),
]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class TextFormatter(logging.Formatter):
    """`2026-11-24 09:30:00 INFO vasite.request GET /about/ 200 12 ms [5f0c1d2e3a4b5c6d]`.

    The request's id ends each line of a request. An exception is shown by its type and frames,
    without its message: a database's message quotes the row, and with it a person's address.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        request_id = current_request_id()
        record.message = message_of(record) + (f" [{request_id}]" if request_id else "")
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return describe_exception(ei)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, message, the request's id, and
    what was added."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if request_id := current_request_id():
            entry["request_id"] = request_id
        for name, value in getattr(record, "facts", {}).items():
            entry[name] = masked(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = describe_exception(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def message_of(record: logging.LogRecord) -> str:
    """Return a record's message, in which tokens, addresses and queries are masked.

    IP addresses are masked in what frameworks and servers say; ours names servers by them.
    """
    return masked(record.getMessage(), keep_ip_addresses=record.name.startswith("vasite."))


def masked(text: str, *, keep_ip_addresses: bool = False) -> str:
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    if not keep_ip_addresses:
        for pattern in IP_ADDRESSES:
            text = pattern.sub("…", text)
    return text


class HasTraceback(logging.Filter):
    """A filter for lines that tell of an exception: of any other answer with an error's status the
    line of the request, or of what failed, says as much."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


def describe_exception(exception_info: ExceptionInfo) -> str:
    """Gives the frames and the type of an exception, one a line."""
    kind, _, trace = exception_info
    return "".join([*traceback.format_tb(trace), f"{kind.__module__}.{kind.__qualname__}"])
