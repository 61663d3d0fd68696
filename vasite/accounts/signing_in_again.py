"""A session that has ended costs no word: what was sent waits until its writer is signed in."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from wagtail.admin.forms.auth import LoginForm

from vasite.forms.cleaning import clean_query

KEPT_FIELD = "kept_fields"
TOKEN_FIELD = "csrfmiddlewaretoken"  # noqa: S105 - a field's name


def wants_page(request: HttpRequest) -> bool:
    """Tell a form that a person sent from what a script asks for."""
    if mode := request.headers.get("Sec-Fetch-Mode"):
        return mode == "navigate"
    is_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    return request.accepts("text/html") and not is_script


def refuse_script(request: HttpRequest) -> HttpResponse:
    """Tell static/js/session.js to ask for the password."""
    body = {"success": False, "error_code": "signed_out", "error_message": "You are signed out."}
    return JsonResponse(body, status=401)


def fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """List what a form sent, its token left out."""
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value) for name, value in pairs if name != TOKEN_FIELD]


def ask_to_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Show the sign-in form with all that was sent inside it; None once it was filled in rightly.

    The request then goes on as it was first sent.
    """
    if KEPT_FIELD not in request.POST:
        return show_sign_in(request)
    form = LoginForm(request=request, data=request.POST)
    if not form.is_valid():
        return show_sign_in(request, form)
    login(request, form.get_user())
    request.POST = restored(request.POST[KEPT_FIELD])  # type: ignore[assignment]
    return None


def show_sign_in(request: HttpRequest, form: LoginForm | None = None) -> HttpResponse:
    """Show the sign-in form around what was sent. Files can't be kept in a page: it names them."""
    context = {
        "form": form or LoginForm(request=request),
        "kept": request.POST.get(KEPT_FIELD) or json.dumps(fields_of(request)),
        "files": [file.name for _, files in request.FILES.lists() for file in files],
        "is_locked_out": getattr(request, "axes_locked_out", False),
    }
    # This page says so itself; the one of django-axes would throw away what was typed.
    request.axes_locked_out = False  # type: ignore[attr-defined]
    return never_stored(render(request, "admin/sign_in_again.html", context, status=403))


def restored(kept: str) -> QueryDict:
    """Make the form data that was kept, or none of what is no such data.

    It comes as JSON, whose escapes hide what is cleaned out of other fields.
    """
    data = QueryDict(mutable=True)
    try:
        pairs = [(str(name), str(value)) for name, value in json.loads(kept)]
    except (ValueError, TypeError, RecursionError):
        pairs = []
    for name, value in pairs:
        data.appendlist(name, value)
    return clean_query(data)


def ask_to_send_again(request: HttpRequest) -> HttpResponse:
    """Show all that was sent with a fresh token and a button, in place of a bare refusal."""
    context = {"fields": fields_of(request)}
    return never_stored(render(request, "admin/send_again.html", context, status=403))


def never_stored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response


def sign_in_by_script(request: HttpRequest) -> dict[str, Any]:
    """Sign in by the dialog of static/js/session.js and tell it what became of it."""
    form = LoginForm(request=request, data=request.POST)
    if form.is_valid():
        login(request, form.get_user())
        return {"is_signed_in": True}
    return {"is_signed_in": False, "error": " ".join(form.non_field_errors())}
