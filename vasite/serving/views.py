"""Signs of health for whoever watches the site, and its media when nothing else serves them."""

from __future__ import annotations

import logging
import os

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.static import serve

from vasite.serving.media import is_private
from vasite.serving.models import Worker

logger = logging.getLogger("vasite.event")
LONGEST_NAME = 255  # bytes of a file's name: NAME_MAX


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200 as long as the process does."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answers 200 when database, migrations and worker are well, else 503.

    Which of them fails is for the operator: it is in the log, not in the answer.
    """
    parts = {"database": False, "migrations": False, "worker": False}
    try:
        connection.ensure_connection()
        parts["worker"] = Worker.objects.alive().exists()
        parts["database"] = True
        executor = MigrationExecutor(connection)
        parts["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        pass
    failing = [part for part, is_well in parts.items() if not is_well]
    if failing:
        logger.warning("Not ready: %s", ", ".join(failing))
        return JsonResponse({"status": "failing"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serves an uploaded file that is public. Its name changes with its content, so it may be kept
    for ever."""
    is_too_long = any(len(os.fsencode(name)) > LONGEST_NAME for name in path.split("/"))
    if is_too_long or is_private(path):
        raise Http404
    if settings.MEDIA_BUCKET:
        try:
            response: HttpResponseBase = FileResponse(default_storage.open(path))
        except FileNotFoundError:
            raise Http404 from None
    else:
        response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=31536000, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
