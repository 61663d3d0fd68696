"""CSV and Excel files of the admin's lists that no content can break or turn into a formula."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from vasite.characters import clean_text

# CWE-1236. Excel takes the full-width forms for the same signs in some languages.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows as it is."""
    if not isinstance(value, str):
        return value
    text = clean_text(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_SIGNS) else text


def protect_exports() -> None:
    """Make every list and report of the admin, Wagtail's own included, export safe cells.

    Wagtail has one class for all of them and no setting for this (read in 7.4). A list without
    columns to export answers `?export=` with its page, not with a file of blank lines.
    """
    to_cell = SpreadsheetExportMixin.preprocess_field_value
    set_up = SpreadsheetExportMixin.setup

    def preprocess_field_value(self: Any, field: str, value: Any, export_format: str) -> Any:
        return as_cell(to_cell(self, field, value, export_format))

    def setup(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        set_up(self, request, *args, **kwargs)
        self.is_export = self.is_export and bool(self.list_export)

    SpreadsheetExportMixin.preprocess_field_value = preprocess_field_value
    SpreadsheetExportMixin.setup = setup
