"""Hides the package sentry-sdk, as where its extra is not installed."""

import sys

sys.modules["sentry_sdk"] = None  # type: ignore[assignment]
