"""Wagtail's bulk actions, for those only who have a right on the model.

Wagtail's page that asks for confirmation names each entry, also those on which the user has no
right (wagtail/admin/views/bulk_action/base_bulk_action.py, 7.4).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.bulk_action import index
from wagtail.documents import get_document_model
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Page
from wagtail.permissions import page_permission_policy

ACTIONS = ("add", "change", "delete", "view")


@require_admin_access
def bulk_action(
    request: HttpRequest, app_label: str, model_name: str, action: str
) -> HttpResponseBase:
    """Refuse the action unless the user has some permission on the model's entries."""
    try:
        model: Any = apps.get_model(app_label, model_name)
    except LookupError:
        raise Http404 from None
    viewset = getattr(model, "snippet_viewset", None)
    others = {
        Page: page_permission_policy,
        get_image_model(): image_policy,
        get_document_model(): document_policy,
    }
    policy: Any = viewset.permission_policy if viewset else others.get(model)
    if policy and not policy.user_has_any_permission(request.user, ACTIONS):
        raise PermissionDenied
    response: HttpResponseBase = index(request, app_label, model_name, action)
    return response
