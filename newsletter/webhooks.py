"""The addresses at which mail providers report what became of letters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from anymail.urls import urlpatterns as anymail_urls
from anymail.webhooks.base import AnymailBasicAuthMixin
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from newsletter.models import UnreadReport

LONGEST = 100_000  # letters of a report that are kept


class SharedSecret(AnymailBasicAuthMixin):
    """The secret of MAIL_WEBHOOK_SECRET, whichever provider reports."""

    esp_name = "any provider's"


def set_aside(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keeps a report that the view can't read, if it comes from the provider: who reports is told
    that it arrived, because it would be no better when it came again."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body = request.body
        try:
            return view(request, *args, **kwargs)
        except (SuspiciousOperation, DatabaseError):
            raise
        except Exception as error:
            SharedSecret().validate_request(request)
            UnreadReport.objects.create(
                provider=request.path.strip("/").split("/")[1],
                text=body.decode("utf-8", "replace").replace("\0", "")[:LONGEST],
                fault=f"{type(error).__name__}: {error}".replace("\0", "")[:300],
            )
            return HttpResponse()

    wrapped.takes_raw_input = True  # type: ignore[attr-defined] - signed, and read by the byte
    return wrapped


urlpatterns = [
    path(str(address.pattern), set_aside(address.callback))
    for address in anymail_urls
    if address.name and address.name.endswith("_tracking_webhook")
]
