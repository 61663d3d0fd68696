"""The owner erases a person everywhere, from whatever that person sent."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from wagtail.admin import messages
from wagtail.permission_policies import ModelPermissionPolicy

from vasite.forms.people import known_of
from vasite.forms.submissions import judged_models
from vasite.home.traces_of_people import erase_all_of


def erase_everywhere(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show all that is kept of the person who sent something, and erase it by POST.

    The person is named by what they sent, so that no log or address holds their email address.
    """
    models = {model._meta.label_lower: model for model in judged_models()}
    may_delete = (ModelPermissionPolicy(model).user_has_permission for model in models.values())
    if not all(allowed(request.user, "delete") for allowed in may_delete):
        raise PermissionDenied
    if kind not in models:
        raise Http404
    email = get_object_or_404(models[kind]._default_manager, pk=pk).email
    list_url = models[kind].snippet_viewset.menu_url
    if request.method == "POST":
        with transaction.atomic():
            known = erase_all_of(email)
        messages.success(request, "Erased. No waiting email goes out to this person.")
        for entry in known:
            if entry.kept_because:
                messages.warning(request, f"{entry.kind} kept: {entry.kept_because}")
        return redirect(list_url)
    known = known_of(email)
    kept = [entry for entry in known if entry.kept_because]
    erased = [entry for entry in known if not entry.kept_because]
    context = {"email": email, "erased": erased, "kept": kept, "list_url": list_url}
    return render(request, "admin/erase_person.html", context)
