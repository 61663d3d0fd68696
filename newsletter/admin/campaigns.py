"""The letters in the admin: writing one, and the page from which it goes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import StatusSidePanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView, IndexView, InspectView

from newsletter.composing import Personal, compose
from newsletter.models import Campaign, Delivery
from newsletter.proofing import FAULT, problems_of, stops_of
from newsletter.sending import change, change_to_draft, schedule, send_again, send_soon
from vasite.business.models import BusinessSettings
from vasite.content.datetimes import DateTimeField
from vasite.email_fields import EmailFormField
from vasite.forms.inboxes import InboxViewSet
from vasite.mail.outbox import store
from vasite.serving.numbers import is_number

Status, State = Campaign.Status, Delivery.Status
SHOWN = 100  # refused or unsure letters on the page


class TestForm(forms.Form):
    """To whom a test goes."""

    address = EmailFormField(label="Send a test to")


class PlanForm(forms.Form):
    """When a letter goes out, by the clock of TIME_ZONE."""

    moment = DateTimeField(label="At this time", widget=AdminDateTimeInput)

    def clean_moment(self) -> Any:
        moment = self.cleaned_data["moment"]
        if moment <= timezone.now():
            raise ValidationError("This time is over. Choose a later one.")
        return moment


class CampaignView(InspectView):
    """One letter: what to mend before it goes out, how far it is, and what became of it.

    POST takes the button that was pressed; each of them does nothing when it is pressed too late.
    """

    template_name = "admin/campaign.html"
    page_title = "Letter"
    test_form: TestForm | None = None
    plan_form: PlanForm | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign = self.object
        context = super().get_context_data(**kwargs) | {
            "campaign": campaign,
            "may_change": self.may_change,
            "has_server": bool(settings.MAIL_TRANSPORT),
            "recipient_count": campaign.recipient_count,
        }
        if campaign.is_soon:
            return context
        if campaign.may_be_changed:
            is_asked = "ask" in self.request.GET
            own_address = self.request.user.email or BusinessSettings.load().email
            return context | {
                "is_asked": is_asked,
                "problems": [] if is_asked else problems_of(campaign),
                "test_form": self.test_form or TestForm(initial={"address": own_address}),
                "plan_form": self.plan_form or PlanForm(),
            }
        counts = campaign.counts()
        open_questions = campaign.deliveries.filter(status__in=[State.UNSURE, State.FAILED])
        return context | {
            "counts": [(state.label, counts.get(state, 0)) for state in State],
            "dead_mailboxes": campaign.dead_mailboxes,
            "left": counts.get(State.WAITING, 0) + counts.get(State.SENDING, 0),
            "speed": campaign.speed,
            "links": campaign.links.all(),
            "tried_again": campaign.deliveries.filter(status=State.WAITING)
            .exclude(answer="")
            .select_related("subscriber")[:SHOWN],
            "open_questions": open_questions.select_related("subscriber")[:SHOWN],
        }

    @property
    def may_change(self) -> bool:
        policy = ModelPermissionPolicy(Campaign)
        return policy.user_has_permission(self.request.user, "change")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_change:
            raise PermissionDenied
        for name in request.POST:
            if action := getattr(self, f"do_{name}", None):
                return action() or redirect(self.object.admin_url)
        return redirect(self.object.admin_url)

    def do_test(self) -> HttpResponse | None:
        self.test_form = TestForm(self.request.POST)
        if not self.test_form.is_valid():
            return self.get(self.request)
        if FAULT in stops_of(self.object):
            messages.error(self.request, FAULT)
            return None
        letter = compose(self.object)
        personal = Personal(None, self.object.nameless)
        address = self.test_form.cleaned_data["address"]
        mail = store(letter.message(personal, address, f"Test: {self.object.subject}"))
        Campaign.objects.filter(pk=self.object.pk).update(tested_at=timezone.now())
        messages.success(self.request, f"Test to {address}: {mail.state_text}.", buttons=[])
        return redirect(f"{self.object.admin_url}?ask") if "ask" in self.request.GET else None

    def do_begin(self) -> HttpResponse | None:
        """Ask first: what goes to everybody can't be taken back."""
        return None if self.is_stopped() else redirect(f"{self.object.admin_url}?ask")

    def do_confirm(self) -> HttpResponse | None:
        """Send it in a minute, if it still says what the question was about."""
        if self.is_stopped():
            return None
        if self.request.POST.get("version") != str(self.object.latest_revision_id or ""):
            messages.warning(self.request, "It was changed meanwhile. Look at it, then send it.")
            return redirect(f"{self.object.admin_url}?ask")
        if send_soon(self.object):
            messages.success(self.request, "It is sent in 1 minute. Until then you can cancel it.")
        return None

    def is_stopped(self) -> bool:
        """Whether something has to be mended before it can go out; says so."""
        stops = bool(stops_of(self.object))
        if stops:
            messages.error(self.request, "Mend what stops it first. Nothing was sent.")
        return stops

    def do_plan(self) -> HttpResponse | None:
        self.plan_form = PlanForm(self.request.POST)
        if not self.plan_form.is_valid():
            return self.get(self.request)
        if self.is_stopped():
            return None
        moment = self.plan_form.cleaned_data["moment"]
        schedule(self.object, moment)
        self.object.refresh_from_db()
        messages.success(self.request, f"{self.object.state_text}. Until then you can cancel it.")
        return None

    def do_unplan(self) -> None:
        if change_to_draft(self.object):
            messages.success(self.request, "Cancelled. Nothing was sent: it is a draft again.")
        else:
            messages.error(self.request, "It was too late to cancel: it is being sent.")

    def do_pause(self) -> None:
        if change(self.object, [Status.SENDING], Status.PAUSED):
            messages.success(self.request, "Paused. Letters under way still arrive.")

    def do_resume(self) -> None:
        if change(self.object, [Status.SENDING, Status.PAUSED], Status.SENDING):
            messages.success(self.request, "It goes on.")

    def do_stop(self) -> None:
        if change(self.object, [Status.SENDING, Status.PAUSED], Status.STOPPED):
            messages.success(self.request, "Stopped. Nobody else gets it.")

    def do_again(self) -> None:
        keys = [key for key in self.request.POST.getlist("delivery") if is_number(key)]
        number = send_again(self.object.deliveries.filter(pk__in=keys))
        messages.success(self.request, f"{number} to be sent again.")


class CampaignIndexView(IndexView):
    def get_edit_url(self, instance: Campaign) -> str:
        """Where the subject leads to: the editor for a draft, else how it went."""
        return super().get_edit_url(instance) if instance.may_be_changed else instance.admin_url


class NoLiveStatus:
    """A view whose panels leave out Wagtail's status, which calls each draft "live"."""

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        return MediaContainer([one for one in panels if not isinstance(one, StatusSidePanel)])


class CampaignCreateView(NoLiveStatus, CreateView):
    def get_success_url(self) -> str:
        return self.object.admin_url


class CampaignEditView(NoLiveStatus, EditView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.object.may_be_changed:
            messages.error(request, "It has begun to go out, so it can’t be changed any more.")
            return redirect(self.object.admin_url)
        if self.object.is_soon and request.method != "POST":
            messages.warning(request, "It is about to be sent. Cancel it first, then change it.")
            return redirect(self.object.admin_url)
        # Sent from an editor that was open before: nobody was asked about these words
        if self.object.is_soon and change_to_draft(self.object):
            messages.warning(request, "It was about to be sent. Nothing was: you changed it.")
            self.object.refresh_from_db()
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return self.object.admin_url


class CampaignViewSet(InboxViewSet):
    model = Campaign
    admin_url_namespace = "campaigns"
    base_url_path = "campaigns"
    icon = "mail"
    menu_label = "Letters"
    menu_order = 215
    forbidden_actions = ()
    copy_view_enabled = True
    waiting_words = ("letter has not gone out", "letters have not gone out")
    index_view_class = CampaignIndexView
    add_view_class = CampaignCreateView
    edit_view_class = CampaignEditView
    inspect_view_enabled = True
    inspect_view_class = CampaignView
    list_display = [
        "subject",
        Column("status", accessor="state_text", label="State"),
        DateColumn("created_at", label="Begun"),
        DateColumn("started_at", label="Went out"),
    ]
    list_filter = ["status", "started_at"]
    search_fields = ["subject"]
    search_backend_name = None
    ordering = ["-created_at"]

    def waiting(self) -> Any:
        return Campaign.objects.exclude(status__in=[Status.SENT, Status.STOPPED])
