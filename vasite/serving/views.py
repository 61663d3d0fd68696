"""Signs of health for whoever watches the site, and its media when nothing else serves them."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.static import serve

from vasite.serving.models import Worker


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200 as long as the process does."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answers 200 when database, migrations and worker are well, else 503; never says more."""
    parts = {"database": False, "migrations": False, "worker": False}
    try:
        connection.ensure_connection()
        parts["worker"] = Worker.objects.alive().exists()
        parts["database"] = True
        executor = MigrationExecutor(connection)
        parts["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        pass
    is_ready = all(parts.values())
    words = {part: "ok" if is_well else "failing" for part, is_well in parts.items()}
    return JsonResponse(
        {"status": "ok" if is_ready else "failing", **words}, status=200 if is_ready else 503
    )


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serves an uploaded file. Its name changes with its content, so it may be kept for ever."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=31536000, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
