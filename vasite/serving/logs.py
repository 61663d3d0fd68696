"""Log lines that tell what happened without telling about whom."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class TextFormatter(logging.Formatter):
    """`2026-11-24 09:30:00 INFO vasite.request GET /about/ 200 12 ms`.

    An exception is shown by its type and frames, without its message: a database's message
    quotes the row, and with it a person's address.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return describe_exception(ei)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, message, and what was added."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = describe_exception(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def describe_exception(exception_info: ExceptionInfo) -> str:
    """Gives the frames and the type of an exception, one a line."""
    kind, _, trace = exception_info
    return "".join([*traceback.format_tb(trace), f"{kind.__module__}.{kind.__qualname__}"])
