"""What the worker does for the spam filter."""

from __future__ import annotations

from django_tasks import task

from vasite.forms.drafts import forget_drafts
from vasite.forms.spam.learning import delete_old_spam, learn_decisions
from vasite.forms.spam.traces import forget_traces


@task()
def learn_from_decisions() -> int:
    """Teaches the filter what the VA decided since the last time."""
    return learn_decisions()


@task()
def forget() -> int:
    """Delete traces of a day ago, and spam and drafts whose time is over; return their number."""
    return forget_traces() + delete_old_spam() + forget_drafts()
