"""Replies that are being written: kept on the server while they are typed, and offered again."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.permission_policies import ModelPermissionPolicy

from vasite.forms.models import ReplyDraft
from vasite.forms.submissions import Submission
from vasite.retention import RETENTION

KEEP_DRAFTS = RETENTION["reply_drafts"].period


def draft_of(user: Any, about: Model) -> ReplyDraft:
    """Return a person's draft of a reply to something; an unsaved, empty one if there is none."""
    kind = ContentType.objects.get_for_model(about)
    found = ReplyDraft.objects.filter(user=user, about_type=kind, about_id=about.pk).first()
    return found or ReplyDraft(user=user, about_type=kind, about_id=about.pk)


def locked_draft(user: Any, about: Model) -> ReplyDraft:
    """Return a person's draft, made if there is none, locked until the transaction ends."""
    kind = ContentType.objects.get_for_model(about)
    drafts = ReplyDraft.objects.select_for_update()
    return drafts.get_or_create(user=user, about_type=kind, about_id=about.pk)[0]


def save_draft(
    user: Any, about: Model, text: str, version: int, *, may_begin: bool = False
) -> ReplyDraft | None:
    """Store a draft and return it; None where that would take words of another window away.

    `version` is the one that the window knows: an older window may only add to the end of a draft.
    One that was emptied meanwhile has been sent; only a pressed button begins the next.
    """
    text = as_stored(text)
    draft = draft_of(user, about)
    if text == draft.text:
        return draft
    with transaction.atomic():
        draft = locked_draft(user, about)
        is_added = text.startswith(draft.text) and bool(draft.text or may_begin)
        if version != draft.version and not is_added:
            return None
        draft.text, draft.version, draft.changed_at = text, draft.version + 1, timezone.now()
        draft.save()
    return draft


def as_stored(text: str) -> str:
    """Return the text of a draft as the database keeps it: whole, as long as a form may be."""
    text = text.replace("\r\n", "\n").replace("\0", "")
    return text if text.strip() else ""


@transaction.atomic
def take_reply(request: HttpRequest, about: Model, text: str, *, is_final: bool) -> bool:
    """Store the reply that comes with a pressed button; return whether the button may act.

    An older window's words go below those of another. A button that ends the draft, by sending or
    deleting it, may not act before its writer has seen all of it.
    """
    text = as_stored(text)
    if save_draft(request.user, about, text, version_of(request), may_begin=True):
        return True
    draft = locked_draft(request.user, about)  # a third window must not come between
    if text not in draft.text:
        save_draft(request.user, about, f"{draft.text}\n\n{text}", draft.version)
    elif not is_final:
        return True
    words = "You went on with this reply in another window. All of it is kept in your draft."
    messages.warning(request, f"{words} Read it, then press again." if is_final else words)
    return not is_final


def version_of(request: HttpRequest) -> int:
    """Return the version of the draft that a window knows: 0 where it says none."""
    version = request.POST.get("draft_version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else 0


def close_draft(user: Any, about: Model) -> None:
    """Empty a draft that was sent or is no longer wanted."""
    with transaction.atomic():
        draft = locked_draft(user, about)
        draft.text, draft.version, draft.changed_at = "", draft.version + 1, timezone.now()
        draft.save()


def open_drafts(user: Any, model: type[Model]) -> QuerySet[ReplyDraft]:
    """Return the replies that a person has begun and not sent, the latest first."""
    kind = ContentType.objects.get_for_model(model)
    mine = ReplyDraft.objects.filter(user=user, about_type=kind).exclude(text="")
    return mine.prefetch_related("about").order_by("-changed_at")


def old_drafts() -> QuerySet[ReplyDraft]:
    """Return the drafts that nobody went on with for KEEP_DRAFTS, to be deleted."""
    return ReplyDraft.objects.filter(changed_at__lt=timezone.now() - KEEP_DRAFTS)


@require_POST
def keep(request: HttpRequest, kind: str, pk: int) -> JsonResponse:
    """Store a draft as it is typed; answer 409 with what stands there in its place."""
    models = {model._meta.label_lower: model for model in Submission.__subclasses__()}
    if kind not in models:
        raise Http404
    model = models[kind]
    if not ModelPermissionPolicy(model).user_has_permission(request.user, "change"):
        raise PermissionDenied
    about = get_object_or_404(model._default_manager, pk=pk)
    draft = save_draft(request.user, about, request.POST.get("text", ""), version_of(request))
    if draft is None:
        draft = draft_of(request.user, about)
        return JsonResponse({"version": draft.version, "text": draft.text}, status=409)
    return JsonResponse({"version": draft.version})
