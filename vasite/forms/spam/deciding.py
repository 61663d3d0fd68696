"""The VA decides on what came in, and the filter follows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from vasite.content.optimistic_lock import OptimisticLockForm
from vasite.forms.spam.tasks import learn_from_decisions
from vasite.serving.queue import enqueue_once


def decide(entries: QuerySet[Any], state: str, **changes: Any) -> int:
    """Gives submissions another state and tells how many changed.

    She who decides on one knows of it: no mail tells her later that it waits.
    """
    model = entries.model
    changes["told_at"] = Coalesce("told_at", "received_at")
    field, _ = model.set_aside_filter
    if state in model.lessons:
        changes["decision"] = model.lessons[state]
    changed = entries.exclude(**{field: state}).update(**{field: state}, **changes)
    enqueue_once(learn_from_decisions)
    return changed


class DecidingForm(OptimisticLockForm):
    """The admin's form of one submission: a changed state is a decision."""

    def save(self, commit: bool = True) -> Any:
        submission = super().save(commit=False)
        field, _ = submission.set_aside_filter
        if field in self.changed_data:
            state = getattr(submission, field)
            submission.decision = submission.lessons.get(state, submission.decision)
            enqueue_once(learn_from_decisions)
        if commit:
            submission.save()
        return submission
