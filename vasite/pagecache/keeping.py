"""How a view says that its answers may be kept for everybody."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from wagtail.models import get_page_models

KEPT = "vasite.kept"  # in a request's META: the names of the query that its answer depends on
View = Callable[..., HttpResponseBase]


def kept(*names: str) -> Callable[[View], View]:
    """Marks a view whose answer with status 200 is the same for every visitor, as long as nothing
    that it reads from the database changes. Of the query it may use these names only."""

    def mark(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.META[KEPT] = names
            return view(request, *args, **kwargs)

        wrapped.kept_names = names  # type: ignore[attr-defined]
        return wrapped

    return mark


def names_at(path: str) -> Collection[str] | None:
    """Gives the names of the query that the view of a path may use, None where nothing is kept.

    The path is WSGI's: bytes written as Latin-1 (PEP 3333).
    Wagtail's pages are all kept; which it is, and so its own `query_names`, is known once it is
    served.
    """
    try:
        match = resolve(path.encode("latin-1", "replace").decode("utf-8", "replace"))
    except Resolver404:
        return None
    if match.url_name == "wagtail_serve":
        return {name for model in get_page_models() for name in getattr(model, "query_names", ())}
    return getattr(match.func, "kept_names", None)
