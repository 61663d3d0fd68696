"""A scheduled page stays open to its writer, and what is saved last is what is published."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from wagtail.admin import messages
from wagtail.models import Page, Revision

from vasite.content.page_forms import wants_json


def say_schedule(request: HttpRequest, page: Page) -> None:
    """Tell whoever opens a scheduled page when it is published, and how to stop that."""
    scheduled = page.scheduled_revision if request.method == "GET" else None
    if not scheduled:
        return
    address = reverse("wagtailadmin_pages:revisions_unschedule", args=[page.pk, scheduled.pk])
    words = (
        "This page is scheduled to be published on {}. You can go on writing: press Save and the "
        "new version takes the place of the scheduled one. "
        '<span class="buttons"><button type="button" class="button button-small button-secondary" '
        'data-controller="w-action" data-action="w-action#post" data-w-action-url-value="{}">'
        "Cancel the schedule</button></span>"
    )
    messages.info(request, format_html(words, say_moment(scheduled.approved_go_live_at), address))


def keep_what_is_public(request: HttpRequest, page: Page) -> None:
    """Keep what visitors read as a revision before it is edited, if code wrote it.

    Without one Wagtail takes a public page down, and puts the new words in the place of the old,
    when a change of it is scheduled (wagtail.actions.publish_revision, read in 7.4).
    """
    if request.method != "POST" or not page.live or page.live_revision_id:
        return
    public = type(page)._default_manager.get(pk=page.pk)
    page.live_revision = Revision.objects.create(
        content_object=public,
        base_content_type=public.get_base_content_type(),
        content=public.serializable_data(),
        object_str=str(public),
        created_at=public.last_published_at,
    )
    Page.objects.filter(pk=page.pk).update(live_revision=page.live_revision)


def move_schedule(request: HttpRequest, page: Page) -> None:
    """Schedule the version that was just saved in place of the one scheduled before.

    Autosave keeps a draft only: half a sentence must not be published.
    """
    scheduled = page.scheduled_revision
    latest = page.get_latest_revision()
    may_publish = page.permissions_for_user(request.user).can_publish()
    if wants_json(request) or not scheduled or not may_publish:
        return
    moment = latest.as_object().go_live_at  # of a public page the row has that of what is public
    if moment and moment > timezone.now():
        latest.publish(user=request.user)
        words = f"This version is scheduled to be published on {say_moment(moment)}."
        messages.info(request, words)
        return
    scheduled.approved_go_live_at = None
    scheduled.save(update_fields=["approved_go_live_at"])
    why = "its date is over" if moment else "its date was taken out"
    messages.warning(request, f"This page is no longer scheduled: {why}. It is kept as a draft.")


def say_moment(moment: datetime) -> str:
    return date(timezone.localtime(moment), "j F Y, H:i")
