"""A link to a page that is not public yet, for a client to look at: signed, and over in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.admin.auth import require_admin_access
from wagtail.models import Page

from vasite.serving.errors import render_error

SALT = "content.preview"
VALID_FOR = timedelta(days=14)


def preview_url(page: Page) -> str:
    """Gives the address under which anybody who has it sees the page as it was last saved."""
    token = signing.dumps(page.pk, salt=SALT)
    return f"{settings.SITE_URL}{reverse('shared_preview', args=[token])}"


@never_cache
@require_safe
def shared_preview(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the last saved draft of a page; never indexed. An old or broken link answers 404."""
    try:
        page_id = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return render_error(request, 404)
    page = get_object_or_404(Page, pk=page_id).get_latest_revision_as_object()
    response: Any = page.make_preview_request(request, page.default_preview_mode)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_admin_access
def share(request: HttpRequest, page_id: int) -> HttpResponse:
    """Shows somebody who may edit a page the link to pass on."""
    page = get_object_or_404(Page, pk=page_id)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    context = {"page": page, "url": preview_url(page), "days": VALID_FOR.days}
    return render(request, "admin/share.html", context)
