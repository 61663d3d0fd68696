"""What the worker tells the VA."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from vasite.business.models import BusinessSettings
from vasite.forms.inboxes import InboxViewSet
from vasite.forms.submissions import Judged
from vasite.home.data_requests import expired_requests
from vasite.home.links import send_data_link, send_password_link
from vasite.home.models import LinkRequest
from vasite.mail.letters import send_letter
from vasite.mail.models import OutgoingMail
from vasite.retention import RETENTION
from vasite.serving.slices import delete_in_slices

logger = logging.getLogger("vasite.event")
SUBJECT = "Messages wait on your website"
PAUSE = timedelta(minutes=55)
SENDERS = {
    LinkRequest.Purpose.DATA: send_data_link,
    LinkRequest.Purpose.PASSWORD: send_password_link,
}


@task(priority=10)
def send_requested_links() -> int:
    """Send the links that were asked for, each once, and return how many requests there were.

    One that fails is tried again later and holds up no other.
    """
    before = timezone.now() - RETENTION["requested_links"].period
    LinkRequest.objects.filter(asked_at__lt=before).delete()
    requests = list(LinkRequest.objects.order_by("pk"))
    for request in requests:
        try:
            with transaction.atomic():
                if LinkRequest.objects.filter(pk=request.pk).delete()[0]:
                    SENDERS[LinkRequest.Purpose(request.purpose)](request.email)
        except Exception as error:  # its text may name the person
            logger.error("A link that was asked for was not sent: %s", type(error).__name__)
    return len(requests)


@task()
def forget_data_requests() -> int:
    """Delete the links to people's data that work no longer."""
    return delete_in_slices(forget_data_requests, expired_requests())


@task()
def tell_of_waiting() -> int:
    """Sends one mail about all that waits and was not told of; gives how many that are.

    These are messages of which the filter is unsure, those of a busy hour, and emails that a limit
    holds. However often the worker starts, there is at most one such mail an hour.
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
        held = OutgoingMail.objects.filter(
            status=OutgoingMail.Status.HELD, created_at__gt=now - timedelta(hours=1)
        )
        url = f"{reverse('outbox:list')}?status={OutgoingMail.Status.HELD}"
        entries.append({"count": held.count(), "label": "Emails held back", "url": url})
        total = sum(entry["count"] for entry in entries)
        if total:
            send_letter(
                "home/mail/waiting.html",
                {"entries": [entry for entry in entries if entry["count"]]},
                subject=SUBJECT,
                to=[business.email],
            )
    return total
