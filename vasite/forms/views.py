"""What a form's script asks for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vasite.forms.spam.proof import new_challenge


@never_cache
@require_safe
def challenge(request: HttpRequest) -> HttpResponse:
    """Gives a challenge of ALTCHA's protocol as JSON."""
    return JsonResponse(new_challenge().to_dict())
