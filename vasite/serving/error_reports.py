"""Errors sent to Sentry, or to a service that speaks its protocol (SENTRY_DSN).

An error is sent as the log tells it: the masked line, and the type and frames of the exception.
Imported only where SENTRY_DSN is set: the package is an extra.
"""

from __future__ import annotations

import logging
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from vasite.pagecache.version import code_version
from vasite.request_ids import current_request_id
from vasite.serving.logs import message_of

# All else is left out: no list of what may name a person is ever complete
EVENT_FIELDS = {"event_id", "timestamp", "platform", "level", "logger", "release", "environment"}
EXCEPTION_FIELDS = {"type", "module", "stacktrace"}
FRAME_FIELDS = {"filename", "module", "function", "lineno", "in_app"}
FRAME_FIELDS |= {"pre_context", "context_line", "post_context"}  # of the code


def start_error_reports() -> None:
    """Send each line of the log from level ERROR on."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"vasite@{code_version()}",
        before_send=without_people,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_backpressure_handling=False,
        default_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            AtexitIntegration(callback=lambda pending, timeout: None),  # sends, and says nothing
        ],
    )


def without_people(event: Any, hint: Any) -> Any:
    """Return an event of the fields alone that name nobody."""
    sent = pick(event, EVENT_FIELDS)
    if record := hint.get("log_record"):
        sent["logentry"] = {"message": message_of(record)}
    if request_id := current_request_id():
        sent["tags"] = {"request_id": request_id}
    exceptions = event.get("exception", {}).get("values", [])
    sent["exception"] = {"values": [without_message(exception) for exception in exceptions]}
    return sent


def without_message(exception: dict[str, Any]) -> dict[str, Any]:
    """Return an exception's type and frames: its message may quote a row, as in the log."""
    sent = pick(exception, EXCEPTION_FIELDS)
    if trace := sent.get("stacktrace"):
        frames = [pick(frame, FRAME_FIELDS) for frame in trace.get("frames", [])]
        sent["stacktrace"] = {"frames": frames}
    return sent


def pick(fields: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in names}
