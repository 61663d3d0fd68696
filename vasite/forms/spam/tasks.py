"""What the worker does for the spam filter."""

from __future__ import annotations

from django_tasks import task

from vasite.forms.spam.learning import delete_old_spam, learn_decisions
from vasite.forms.spam.traces import forget_traces


@task()
def learn_from_decisions() -> int:
    """Teaches the filter what the VA decided since the last time."""
    return learn_decisions()


@task()
def forget() -> int:
    """Deletes traces of a day ago and spam whose time is over; gives how many rows went."""
    return forget_traces() + delete_old_spam()
