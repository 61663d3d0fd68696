"""Comments that would be deleted with something else: said before, and decided by the owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from wagtail.models import Page

from newsletter.models import Comment

DECISION = ("comments", "delete")  # the field of the question, and its value


def is_decided(request: HttpRequest) -> bool:
    name, value = DECISION
    return request.method == "POST" and request.POST.get(name) == value


def ask_before_deleting_pages(request: HttpRequest, pages: list[Page]) -> HttpResponse | None:
    """Ask about the comments under pages that are to be deleted, those below them included.

    Returns None where there are none or the owner has decided: the pages are then deleted.
    """
    doomed = Page.objects.none()
    for page in pages:
        doomed |= Page.objects.descendant_of(page, inclusive=True)
    keys = set(doomed.values_list("pk", flat=True))
    comments = Comment.objects.filter(page_id__in=keys)
    if is_decided(request) or not comments.exists():
        return None
    page = pages[0] if len(pages) == 1 else None
    typed = request.POST.get("confirm_site_name", "")
    # Wagtail has the name of the site typed before it deletes many pages
    limit = getattr(settings, "WAGTAILADMIN_UNSAFE_PAGE_DELETION_LIMIT", 10)
    unpublish_url = ""
    if page and page.live:
        unpublish_url = reverse("wagtailadmin_pages:unpublish", args=[page.pk])
    return question(
        request,
        comments,
        subject=page.get_admin_display_title() if page else f"{len(pages)} pages",
        page_count=len(keys) - len(pages),
        site_name=settings.WAGTAIL_SITE_NAME if len(keys) >= limit and not typed else "",
        typed_name=typed,
        unpublish_url=unpublish_url,
    )


def ask_before_deleting_comments(
    request: HttpRequest, instances: Iterable[Any]
) -> HttpResponse | None:
    """Ask about the answers to comments that are to be deleted; as for pages."""
    keys = [one.pk for one in instances if isinstance(one, Comment)]
    answers = Comment.objects.filter(parent_id__in=keys).exclude(pk__in=keys)
    if is_decided(request) or not answers.exists():
        return None
    subject = "this comment" if len(keys) == 1 else f"{len(keys)} comments"
    return question(request, answers, subject=subject, is_about_answers=True)


def question(request: HttpRequest, comments: Any, **context: Any) -> HttpResponse:
    """Return the page that says how many comments would go, with a box to tick."""
    waiting = comments.filter(status=Comment.Status.WAITING).count()
    context |= {"count": comments.count(), "waiting": waiting, "decision": DECISION}
    context["next"] = request.POST.get("next") or request.GET.get("next", "")
    return TemplateResponse(request, "admin/delete_comments.html", context)
