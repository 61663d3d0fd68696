"""What the worker does for the spam filter."""

from __future__ import annotations

from django_tasks import task

from vasite.forms.drafts import old_drafts
from vasite.forms.spam.learning import count_spam, learn_decisions, old_spam
from vasite.forms.spam.traces import old_traces
from vasite.serving.slices import delete_in_slices


@task()
def learn_from_decisions() -> int:
    """Teaches the filter what the VA decided since the last time."""
    return learn_decisions()


@task()
def forget() -> int:
    """Delete traces of a day ago, and spam and drafts whose time is over; return their number."""
    return delete_in_slices(forget, old_traces(), *old_spam(), old_drafts(), note=count_spam)
