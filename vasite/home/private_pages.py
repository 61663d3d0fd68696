"""Pages and documents for some visitors only: by a shared password, or by signing in.

Wagtail notes in the session who has passed, but the session's cookie is the admin's alone. Here a
signed cookie takes its place, which the browser sends to the private address and to no other
(docs/decisions/0026-private-pages.md).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.documents.models import AbstractDocument
from wagtail.models import CollectionViewRestriction, Page, PageViewRestriction
from wagtail.models.view_restrictions import BaseViewRestriction

from vasite.forms.answers import SeeOther
from vasite.forms.keeping import holds_words, kept_page
from vasite.forms.models import Trace
from vasite.forms.spam.traces import (
    Mark,
    count_traces,
    leave_traces,
    mark_of,
    network_mark,
    take_traces_back,
)
from vasite.serving.errors import set_retry_after
from vasite.serving.locks import lock_for_transaction

SALT = "home.private_pages"
COOKIE_SECONDS = 14 * 86_400  # the cookie itself ends with the browser's session
GUESSES = {"network": 10, "page": 100}  # wrong passwords an hour
KINDS: dict[str, type[BaseViewRestriction]] = {
    "page": PageViewRestriction,
    "documents": CollectionViewRestriction,
}
TOO_MANY = "That was tried too often. Wait an hour, then try again."


class AccessForm(forms.Form):
    """Abstract: what a visitor proves their right with. Nothing of it is stored."""

    form_id = "access"
    summary_title = "There is a problem"
    is_focused = True
    use_required_attribute = False
    # Where the visitor wanted to go
    return_url = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, restriction: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.restriction, self.request = restriction, request
        super().__init__(*args, auto_id=f"{self.form_id}-%s", **kwargs)


class PasswordForm(AccessForm):
    """`form#access` with the shared password."""

    button = "Open"
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter the password."},
        strip=False,
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not constant_time_compare(password, self.restriction.password):
            raise forms.ValidationError("The password is not correct. Please try again.")
        return password

    def proof(self) -> str:
        return password_mark(self.restriction)


class SignInForm(AccessForm):
    """`form#access` with a user's name and password."""

    button = "Sign in"
    username = forms.CharField(
        max_length=150,  # that of a user: a guess is noted, with its name
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": "Enter your username."},
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        self.user = authenticate(self.request, username=data["username"], password=data["password"])
        if self.user is None:
            self.add_error("password", "The username or password is not correct.")
        elif not may_enter(self.user, self.restriction):
            self.add_error("username", "This account may not see the page.")
        return data

    def proof(self) -> list[Any]:
        return user_mark(self.user)


def check_page(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse | None:
    """Ask for what a private page needs (Wagtail's hook before_serve_page)."""
    return check(request, page.get_view_restrictions(), "page", page)


def check_document(document: AbstractDocument, request: HttpRequest) -> HttpResponse | None:
    """Ask for what a private document needs (Wagtail's hook before_serve_document)."""
    return check(request, document.collection.get_view_restrictions(), "documents")


def check(
    request: HttpRequest, restrictions: Iterable[Any], kind: str, page: Page | None = None
) -> HttpResponse | None:
    """Return the form of the first restriction that the visitor hasn't passed, None if all are."""
    restrictions = list(restrictions)
    admit(request, restrictions, kind)
    for restriction in restrictions:
        if restriction.accept_request(request):
            continue
        if request.method == "POST" and holds_words(request):
            return kept_page(request, 404)  # it was public when they began to write
        address = request.get_full_path()
        if restriction.restriction_type == BaseViewRestriction.PASSWORD:
            form = PasswordForm(
                restriction=restriction, request=request, initial={"return_url": address}
            )
            return show(request, form, kind, page)
        url = reverse("sign_in", args=[kind, restriction.pk])
        response = redirect(f"{url}?{urlencode({'next': address})}")
        response["Cache-Control"] = "private, no-store"
        return response
    return None


def admit(request: HttpRequest, restrictions: list[Any], kind: str) -> None:
    """Tell Wagtail, for this request, which restrictions the visitor's cookies open."""
    passed: list[int] = []
    for restriction in restrictions:
        proof = proof_in_cookie(request, restriction, kind)
        if isinstance(proof, list) and (user := user_of(proof)):
            request.user = user
        if (
            isinstance(proof, str) and hmac.compare_digest(proof, password_mark(restriction))
        ) or request.user.has_perm("wagtailadmin.access_admin"):
            passed.append(restriction.pk)
    if passed:
        request.session[restrictions[0].passed_view_restrictions_session_key] = passed


def proof_in_cookie(request: HttpRequest, restriction: Any, kind: str) -> Any:
    cookie = request.COOKIES.get(cookie_name(restriction, kind), "")
    try:
        return signing.loads(cookie, salt=salt_of(restriction, kind), max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return None


def password_mark(restriction: Any) -> str:
    """Return what changes with the password, and tells nothing of it."""
    return salted_hmac(SALT, restriction.password, algorithm="sha256").hexdigest()


def user_mark(user: Any) -> list[Any]:
    """Return what names a user and changes with their password."""
    return [user.pk, salted_hmac(SALT, user.get_session_auth_hash()).hexdigest()]


def user_of(mark: list[Any]) -> Any:
    user = get_user_model().objects.filter(pk=mark[0], is_active=True).first()
    return user if user and user_mark(user) == mark else None


def may_enter(user: Any, restriction: Any) -> bool:
    if restriction.restriction_type == BaseViewRestriction.GROUPS:
        groups = restriction.groups.all()
        return bool(user.is_superuser or user.groups.filter(pk__in=groups.values("pk")).exists())
    return True


def cookie_name(restriction: Any, kind: str) -> str:
    return f"{settings.ACCESS_COOKIE_PREFIX}{kind}-{restriction.pk}"


def salt_of(restriction: Any, kind: str) -> str:
    return f"{SALT}.{kind}.{restriction.pk}"


def path_of(restriction: Any, kind: str) -> str:
    """Return the path that a restriction covers, and so its cookie."""
    if kind == "documents":
        return "/documents/"
    return urlsplit(restriction.page.get_url() or "/").path


def let_in(
    response: HttpResponse, restriction: BaseViewRestriction, kind: str, proof: Any
) -> HttpResponse:
    """Set the cookie that opens the restriction, for its own path only."""
    response.set_cookie(
        cookie_name(restriction, kind),
        signing.dumps(proof, salt=salt_of(restriction, kind)),
        path=path_of(restriction, kind),
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_page(request: HttpRequest, restriction_id: int, page_id: int) -> HttpResponse:
    """Take the shared password of a page."""
    page = get_object_or_404(Page.objects.live(), pk=page_id)
    restriction = get_object_or_404(page.get_view_restrictions(), pk=restriction_id)
    return take(request, PasswordForm, restriction, "page", page)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_documents(request: HttpRequest, restriction_id: int) -> HttpResponse:
    """Take the shared password of a collection."""
    restriction = get_object_or_404(CollectionViewRestriction, pk=restriction_id)
    return take(request, PasswordForm, restriction, "documents")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, kind: str, restriction_id: int) -> HttpResponse:
    """Take a user's name and password for a page or a collection."""
    if kind not in KINDS:
        raise Http404
    restriction = get_object_or_404(KINDS[kind]._default_manager.all(), pk=restriction_id)
    if restriction.restriction_type == BaseViewRestriction.PASSWORD:
        raise Http404
    return take(request, SignInForm, restriction, kind, getattr(restriction, "page", None))


def take(
    request: HttpRequest,
    form_class: type[PasswordForm | SignInForm],
    restriction: Any,
    kind: str,
    page: Page | None = None,
) -> HttpResponse:
    """Show the form; let in who proves their right by it, within GUESSES an hour."""
    if request.method != "POST":
        initial = {"return_url": request.GET.get("next", "")}
        form = form_class(restriction=restriction, request=request, initial=initial)
        return show(request, form, kind, page)
    place = f"{kind}:{restriction.pk}"
    marks = {
        "network": Mark(network_mark(f"password guess {place}", request), minutes=60),
        "page": Mark(mark_of("password guess", place), minutes=60),
    }
    guess: list[Trace] = []  # counted before it is judged: those of many at once count, too
    with transaction.atomic():
        lock_for_transaction(f"password guess {place}")
        counts = count_traces(marks)
        if any(counts[name] >= limit for name, limit in GUESSES.items()):
            form = form_class(restriction=restriction, request=request)
            return show(request, form, kind, page, problem=TOO_MANY, status=429)
        if request.POST.get("password"):
            guess = leave_traces(marks)
    form = form_class(request.POST, restriction=restriction, request=request)
    if form.is_valid():
        take_traces_back(guess)
        target = return_address(request, form.cleaned_data["return_url"], restriction, kind)
        return let_in(SeeOther(target), restriction, kind, form.proof())
    return show(request, form, kind, page, status=422)


def return_address(request: HttpRequest, asked: str, restriction: Any, kind: str) -> str:
    """Return where the visitor wanted to go, if the cookie opens it."""
    path = path_of(restriction, kind)
    is_ours = url_has_allowed_host_and_scheme(asked, None) and asked.startswith(path)
    return asked if is_ours else ("/" if kind == "documents" else path)


def show(
    request: HttpRequest,
    form: AccessForm,
    kind: str,
    page: Page | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the form without a word of what it guards."""
    if isinstance(form, PasswordForm):
        name = "open_page" if kind == "page" else "open_documents"
        keys = [form.restriction.pk, *([page.pk] if page else [])]
        action = reverse(name, args=keys)
    else:
        action = reverse("sign_in", args=[kind, form.restriction.pk])
    context = {
        "form": form,
        "action": action,
        "kind": kind,
        "problem": problem,
        "admin_url": reverse("open_from_admin", args=[page.pk]) if page else "",
    }
    response = render(request, "home/private_page.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    set_retry_after(response)
    return response


def open_from_admin(request: HttpRequest, page_id: int) -> HttpResponse:
    """Open a private page to somebody who is signed in to the admin and may see it there."""
    page = get_object_or_404(Page.objects.live(), pk=page_id).specific
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    response: HttpResponse = redirect(urlsplit(page.get_url() or "/").path)
    for restriction in page.get_view_restrictions():
        let_in(response, restriction, "page", user_mark(request.user))
    return response
