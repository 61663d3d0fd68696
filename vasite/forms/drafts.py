"""Replies that are being written: kept on the server while they are typed, and offered again."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail.permission_policies import ModelPermissionPolicy

from vasite.forms.models import ReplyDraft
from vasite.forms.submissions import Submission
from vasite.retention import RETENTION

KEEP_DRAFTS = RETENTION["reply_drafts"].period
MAX_DRAFT_LENGTH = 100_000  # characters: more than any reply, less than would fill a disk


def draft_of(user: Any, about: Model) -> ReplyDraft:
    """Return a person's draft of a reply to something; an unsaved, empty one if there is none."""
    kind = ContentType.objects.get_for_model(about)
    found = ReplyDraft.objects.filter(user=user, about_type=kind, about_id=about.pk).first()
    return found or ReplyDraft(user=user, about_type=kind, about_id=about.pk)


def save_draft(user: Any, about: Model, text: str, version: int | None = None) -> bool:
    """Store a draft, unless it was sent since the `version` in which it was begun."""
    text = text.replace("\r\n", "\n").replace("\0", "")[:MAX_DRAFT_LENGTH]
    draft = draft_of(user, about)
    if version not in {None, draft.version}:
        return False
    if text == draft.text:
        return True
    draft.text, draft.changed_at = text if text.strip() else "", timezone.now()
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError:  # the first two saves of a draft came at once
        draft = draft_of(user, about)
        draft.text = text
        draft.save()
    return True


def close_draft(user: Any, about: Model) -> None:
    """Empty a draft that was sent or is no longer wanted."""
    draft = draft_of(user, about)
    draft.text, draft.version, draft.changed_at = "", draft.version + 1, timezone.now()
    draft.save()


def open_drafts(user: Any, model: type[Model]) -> QuerySet[ReplyDraft]:
    """Return the replies that a person has begun and not sent, the latest first."""
    kind = ContentType.objects.get_for_model(model)
    mine = ReplyDraft.objects.filter(user=user, about_type=kind).exclude(text="")
    return mine.prefetch_related("about").order_by("-changed_at")


def forget_drafts() -> int:
    """Delete drafts that nobody went on with for KEEP_DRAFTS; return their number."""
    return ReplyDraft.objects.filter(changed_at__lt=timezone.now() - KEEP_DRAFTS).delete()[0]


@require_POST
def keep(request: HttpRequest, kind: str, pk: int) -> JsonResponse:
    """Store a draft as it is typed; answer 409 where the reply has been sent meanwhile."""
    models = {model._meta.label_lower: model for model in Submission.__subclasses__()}
    if kind not in models:
        raise Http404
    model = models[kind]
    if not ModelPermissionPolicy(model).user_has_permission(request.user, "change"):
        raise PermissionDenied
    about = get_object_or_404(model._default_manager, pk=pk)
    version = request.POST.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 10 else None
    is_kept = save_draft(request.user, about, request.POST.get("text", ""), number)
    return JsonResponse({"kept": is_kept}, status=200 if is_kept else 409)
