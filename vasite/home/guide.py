"""The editor's guide inside the admin: docs/editor/, a page for each job."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

GUIDE = Path(settings.PROJECT_DIR) / "docs" / "editor"


def guide(request: HttpRequest, name: str = "index") -> HttpResponse:
    """Shows a page of the guide; 404 where there is none of that name."""
    if name not in names():
        raise Http404("No such page of the guide")
    html = page_html(name)
    return render(request, "admin/guide.html", {"html": html, "is_index": name == "index"})


@cache
def names() -> set[str]:
    return {path.stem for path in GUIDE.glob("*.md")}


@cache
def page_html(name: str) -> SafeString:
    """Gives a page as HTML, its links and pictures leading to where the admin has them."""
    html = MarkdownIt("commonmark").enable("table").render((GUIDE / f"{name}.md").read_text())
    html = re.sub(r'href="([\w-]+)\.md"', lambda link: f'href="{guide_url(link[1])}"', html)
    html = re.sub(r'src="img/([\w.-]+)"', lambda file: f'src="{static(f"guide/{file[1]}")}"', html)
    return mark_safe(html)  # noqa: S308 - our own files


def guide_url(name: str) -> str:
    return reverse("guide", args=[name])
