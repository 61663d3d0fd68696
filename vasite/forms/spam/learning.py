"""The filter follows the VA: what she took for spam, and what she took back."""

from __future__ import annotations

import logging
from array import array
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from vasite.forms.models import LearntWeights, SpamSettings, SpamTally
from vasite.forms.spam.classifier import learn, nothing_learnt
from vasite.forms.spam.features import features
from vasite.forms.submissions import Judged, Submission, judged_models
from vasite.serving.faults import place_of

AT_ONCE = 200
logger = logging.getLogger("vasite.event")
_known: tuple[datetime | None, array[float]] = (None, nothing_learnt())


def learnt_weights() -> array[float]:
    """Gives what was learnt so far; the weights are read again only when they have changed."""
    global _known
    changed_at = LearntWeights.objects.values_list("changed_at", flat=True).first()
    if changed_at != _known[0]:
        row = LearntWeights.objects.first()
        weights = array("f", bytes(row.weights)) if row else nothing_learnt()
        _known = (row.changed_at if row else None, weights)
    return _known[1]


def learn_decisions() -> int:
    """Learns what was decided since the last time, and gives how many lessons there were.

    A message is marked in the transaction that changes the weights: no lesson is lost or taken
    twice when the worker stops half-way.
    """
    lessons = 0
    for model in Submission.__subclasses__():
        while taken := learn_some(model):
            lessons += taken
    return lessons


def learn_some(model: type[Submission]) -> int:
    with transaction.atomic():
        row, _ = LearntWeights.objects.select_for_update().get_or_create(
            pk=1, defaults={"weights": nothing_learnt().tobytes()}
        )
        decided = list(model.undigested()[:AT_ONCE])
        if not decided:
            return 0
        weights = array("f", bytes(row.weights))
        for message in decided:
            try:
                seen = features(message.words, message.author_name)
            except Exception as error:  # one odd message must not end all learning
                logger.error("Message %d can't be learnt: %s", message.pk, place_of(error))
            else:
                learn(weights, seen, message.decision == "spam")
            message.learnt = message.decision
        model._default_manager.bulk_update(decided, ["learnt"])
        row.weights = weights.tobytes()
        row.save()
    return len(decided)


def old_spam() -> list[QuerySet[Any]]:
    """Return the spam whose time is over, to be deleted, by model."""
    before = timezone.now() - timedelta(days=SpamSettings.load().keep_spam_days)
    return [
        model.set_aside().filter(**{f"{model.arrival_field}__lt": before})
        for model in judged_models()
    ]


def count_spam(model: type[Model], count: int) -> None:
    """Keep the number of messages of a form that were deleted as spam."""
    if count and issubclass(model, Judged):
        month, form = timezone.localdate().replace(day=1), model._meta.model_name
        tally, _ = SpamTally.objects.get_or_create(month=month, form=form)
        SpamTally.objects.filter(pk=tally.pk).update(count=F("count") + count)
