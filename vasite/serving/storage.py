"""Static files as they are served: hashed names, compressed, and one style sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("(?P<path>[\w./-]+)"\)(?: layer\((?P<layer>[\w.]+)\))?;')


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Puts the files that css/site.css imports into it, each in its cascade layer.

    The sources stay one file a concern and work unbundled in development; visitors make one
    request. The rules in the imported files name no relative address, so none has to be moved.
    """

    bundle = "css/site.css"

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        if self.bundle in paths:
            with self.open(self.bundle) as file:
                bundled = IMPORT.sub(self._imported_rules, file.read().decode())
            self.delete(self.bundle)
            self.save(self.bundle, ContentFile(_minified(bundled).encode()))
            paths[self.bundle] = (self, self.bundle)
        yield from super().post_process(paths, **options)

    def _imported_rules(self, match: re.Match[str]) -> str:
        with self.open(f"css/{match['path']}") as file:
            rules = file.read().decode()
        return f"@layer {match['layer']} {{\n{rules}\n}}" if match["layer"] else rules


def _minified(css: str) -> str:
    """Gives the rules without comments, indents and line ends (compression does the rest)."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", " ", css).strip() + "\n"
