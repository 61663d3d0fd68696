"""A person sees, takes along or erases what the site keeps of them (UK GDPR, articles 15-20).

Whoever can read the mails of an address may ask for what is kept of it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vasite.business.models import BusinessSettings
from vasite.forms.accessible import AccessibleForm, EmailField
from vasite.forms.answers import SeeOther, with_faults
from vasite.forms.people import Known, known_of
from vasite.home.data_requests import read_token
from vasite.home.link_requests import TOO_MANY, request_link
from vasite.home.models import LinkRequest
from vasite.home.traces_of_people import erase_all_of
from vasite.mail.letters import send_letter
from vasite.pagecache.keeping import kept


class YourDataForm(AccessibleForm):
    """`form#your-data`."""

    form_id = "your-data"
    button = "Send me the link"

    email = EmailField(
        label="Your e-mail address",
        help_text="The one that you used on this site. A link comes by mail.",
    )


@kept()
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Takes an address and mails it a link; the answer is the same whether it is known or not."""
    form = YourDataForm(request.POST if request.method == "POST" else None, action=request.path)
    if (
        form.is_valid()
        and not form.is_trapped
        and not request_link(request, LinkRequest.Purpose.DATA, form.cleaned_data["email"])
    ):
        form.add_error(None, TOO_MANY)
    if form.is_valid():
        return SeeOther(reverse("your_data_asked"))
    response = render(request, "home/your_data.html", {"form": form})
    return with_faults(response) if form.is_bound else response


@kept()
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "home/your_data_asked.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Shows all that is kept, gives it as `?as=json` or `?as=text`, and erases it by POST."""
    email = read_token(token)
    if email is None:
        return render(request, "newsletter/bad_link.html", status=404)
    if request.method == "POST":
        erase(email)
        return SeeOther(request.path)
    known = known_of(email)
    kind = request.GET.get("as")
    if kind == "json":
        response = HttpResponse(as_json(known), content_type="application/json")
    elif kind == "text":
        text = render_to_string("home/your_data.txt", {"known": known, "email": email})
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    else:
        context = {"known": known, "email": email, "is_erasing": "erase" in request.GET}
        response = render(request, "home/your_data_of.html", context)
    if kind in {"json", "text"}:
        ending = {"json": "json", "text": "txt"}[kind]
        response["Content-Disposition"] = f'attachment; filename="your-data.{ending}"'
    response["Referrer-Policy"] = "no-referrer"
    return response


def erase(email: str) -> None:
    """Erases what may be erased and tells the VA what went and what stays, and why."""
    business = BusinessSettings.load()
    with transaction.atomic():
        known = erase_all_of(email)
        if business.email and known:
            send_letter(
                "home/mail/erased.html",
                {
                    "erased": [entry for entry in known if not entry.kept_because],
                    "kept": [entry for entry in known if entry.kept_because],
                },
                subject="Somebody had their data erased",
                to=[business.email],
                rate_limit="erasure",
            )


def as_json(known: list[Known]) -> str:
    """Gives all of it, files in Base64 (RFC 4648)."""
    entries: list[dict[str, Any]] = [
        {"kind": entry.kind, "state": entry.state, "received": entry.at, **entry.fields}
        | {"files": {name: b64encode(file).decode() for name, file in entry.read_files().items()}}
        for entry in known
    ]
    return json.dumps(entries, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
