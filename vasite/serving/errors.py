"""Error pages in the site's look that need no database."""

from __future__ import annotations

import errno
import socket
from functools import lru_cache

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import render_to_string

from vasite.request_ids import current_request_id

DATABASE_GONE = (InterfaceError, OperationalError)  # or locked
FACTS_FILE = "business.json"  # vasite.business.last_known
RETRY_AFTER = {429: 3600, 503: 10}  # seconds


class UnstoredFileError(Exception):
    """The disk had no room for an uploaded file. No OSError, which a form would take for a file
    that is damaged."""


# A disk that is full or answers late, too much at once, a name server that isn't there yet. Others
# stay until somebody mends them: a file or folder that is gone, another user's, on a read-only disk
PASSING = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE),
    *(errno.EAGAIN, errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, socket.EAI_AGAIN),
}


def is_of_storage(exception: Exception) -> bool:
    """Return whether the fault is the database's or the disk's."""
    if isinstance(exception, UnreadablePostError):  # the visitor's
        return False
    return isinstance(exception, (*DATABASE_GONE, OSError, UnstoredFileError))


def is_passing(exception: Exception) -> bool:
    """Return whether such a fault may be well in a minute: locked, stopped, full."""
    is_of_network = isinstance(exception, (ConnectionError, TimeoutError))
    if isinstance(exception, OSError) and not is_of_network and exception.errno not in PASSING:
        return False
    return is_of_storage(exception)


def render_error(
    request: HttpRequest, status: int, pages: tuple[tuple[str, str], ...] = ()
) -> HttpResponse:
    """Return the page of `templates/<status>.html` with that status, never to be cached.

    Those of 404 and 410 lead to `pages`, each with title and path. That of 500 shows the request's
    id, by which the log tells what broke.
    """
    reference = current_request_id() if status == 500 else ""
    make = error_page.__wrapped__ if settings.DEBUG or reference else error_page
    return error_response(make(status, facts_changed_at(), reference, pages), status)


def error_response(html: str, status: int) -> HttpResponse:
    """Return a page with its status, never to be cached, and with when to try again."""
    response = HttpResponse(html, status=status)
    response["Cache-Control"] = "no-store"
    set_retry_after(response)
    return response


def set_retry_after(response: HttpResponse) -> None:
    """Say when to try again, where the status is one that passes (RFC 9110, 10.2.3)."""
    if response.status_code in RETRY_AFTER:
        response["Retry-After"] = str(RETRY_AFTER[response.status_code])


@lru_cache(maxsize=32)
def error_page(
    status: int, facts_changed_at: int, reference: str, pages: tuple[tuple[str, str], ...]
) -> str:
    """Return the page of a status, made anew when the business's facts have changed."""
    return render_to_string(f"{status}.html", {"reference": reference, "pages": pages})


def facts_changed_at() -> int:
    """Return when the facts that stand beside the database changed last, in nanoseconds."""
    try:
        return (settings.DATA_DIR / FACTS_FILE).stat().st_mtime_ns
    except OSError:
        return 0


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return render_error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return render_error(request, 403)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Answer whoever has tried too many passwords (django-axes' callable)."""
    response = render_error(request, 429)
    response["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return render_error(request, 500)
