"""What the editor's panel asks for while somebody writes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail.admin.views.pages.preview import PreviewOnCreate, PreviewOnEdit

from vasite.content.models import ContentPage
from vasite.seo.coach import MOST_SHOWN, Draft, review
from vasite.seo.metadata import DESCRIPTION_LENGTH


class CoachOnEdit(PreviewOnEdit):
    """Takes the editor's form as the preview does and answers with the panel's content."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST)
        page = self.object
        if not isinstance(page, ContentPage) or not self.validate_form(form):
            return render(request, "admin/coach.html", {"is_incomplete": True})
        form.save(commit=False)
        draft = Draft(page, has_title=bool(request.POST.get("title", "").strip()))
        findings = review(draft)
        context = {
            "findings": findings[:MOST_SHOWN],
            "more": len(findings[MOST_SHOWN:]),
            "business": draft.business,
            "title": draft.search_title if draft.has_title else "",
            "description": page.summary[:DESCRIPTION_LENGTH],
            "url": page.full_url or "",
            "picture": getattr(page, "picture", None) or page.first_picture,
        }
        return render(request, "admin/coach.html", context)


class CoachOnCreate(CoachOnEdit, PreviewOnCreate):
    """The same for a page that is not saved yet."""
