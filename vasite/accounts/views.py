"""What static/js/session.js asks, and the answer to a form whose token is stale."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from vasite.accounts.signing_in_again import (
    ask_to_send_again,
    show_sign_in,
    sign_in_by_script,
    wants_page,
)
from vasite.forms.guard import is_from_elsewhere
from vasite.serving.errors import permission_denied


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """Tell whether somebody is signed in; POST signs in. Both hand out a fresh token."""
    answer = {"is_signed_in": request.user.is_authenticated}
    if request.method == "POST":
        answer = sign_in_by_script(request)
    return JsonResponse(answer | {"csrf_token": get_token(request)})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form of the admin whose token is stale with all that was typed (CSRF_FAILURE_VIEW).

    Reached only where the browser doesn't prove that the form is ours (vasite.forms.guard).
    """
    is_ours = request.path_info.startswith("/admin/") and not is_from_elsewhere(request)
    if not is_ours or not request.POST or not wants_page(request):
        return permission_denied(request, PermissionDenied(reason))
    return (ask_to_send_again if request.user.is_authenticated else show_sign_in)(request)
