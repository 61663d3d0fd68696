"""What the worker tells the VA."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from vasite.business.models import BusinessSettings
from vasite.forms.inboxes import InboxViewSet
from vasite.forms.submissions import Judged
from vasite.mail.letters import send_letter
from vasite.mail.models import OutgoingMail

SUBJECT = "Messages wait on your website"
PAUSE = timedelta(minutes=55)


@task()
def tell_of_waiting() -> int:
    """Sends one mail about all that waits and was not told of; gives how many that are.

    These are messages of which the filter is unsure, and those of a busy hour. However often
    the worker starts, there is at most one such mail an hour.
    """
    business = BusinessSettings.load()
    now = timezone.now()
    told = OutgoingMail.objects.filter(subject=SUBJECT, created_at__gt=now - PAUSE)
    if not business.email or told.exists():
        return 0
    with transaction.atomic():
        entries = []
        for viewset in InboxViewSet.all_viewsets:
            if issubclass(viewset.model, Judged):
                count = viewset.model.untold().update(told_at=now)
                entries.append(
                    {"count": count, "label": viewset.menu_label, "url": viewset.untold_url}
                )
        total = sum(entry["count"] for entry in entries)
        if total:
            send_letter(
                "home/mail/waiting.html",
                {"entries": [entry for entry in entries if entry["count"]]},
                subject=SUBJECT,
                to=[business.email],
            )
    return total
