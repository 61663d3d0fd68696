"""The subscribers in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import DateColumn
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import InspectView

from newsletter.admin.imports import choose_file, show_import
from newsletter.models import ErasedAddress, Subscriber
from newsletter.returning import came_back, complained
from newsletter.subscribing import block, let_in, unblock
from vasite.email_addresses import email_key
from vasite.forms.inboxes import ChangeStateAction, JudgedIndexView, JudgedViewSet, Tab, Waiting
from vasite.forms.people import known_of

Status = Subscriber.Status
UNREACHED = "unreached"
SHOWN = 10  # refused newsletters on the page


class AddSubscriberForm(WagtailAdminModelForm):
    """Adds an address that agreed elsewhere; where and when is kept as the proof of it."""

    source = forms.CharField(
        label="How they agreed",
        max_length=300,
        help_text="Where, when and to what: “Signed the list at the Malvern fair, 3 May 2026”. "
        "Without their yes the law (PECR) lets you write to nobody.",
    )

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        known = Subscriber.objects.filter(email_key=email_key(email)).first()
        if known:
            state = known.get_status_display()
            raise ValidationError(f"This address is on the list already: {state}.")
        if ErasedAddress.held([email_key(email)]):
            raise ValidationError(
                "This address was erased. Only its owner can bring it back, by subscribing."
            )
        return email

    def save(self, commit: bool = True) -> Subscriber:
        subscriber = super().save()
        subscriber.become(
            Status.CONFIRMED, "Added by hand", words=self.cleaned_data["source"], user=self.for_user
        )
        return subscriber


class SubscriberView(InspectView):
    """One address with its history."""

    template_name = "admin/subscriber.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        policy = ModelPermissionPolicy(Subscriber)
        return super().get_context_data(**kwargs) | {
            "subscriber": self.object,
            "events": self.object.events.select_related("user"),
            "lost": self.object.deliveries.filter(status__in=["failed", "returned"])
            .select_related("campaign")
            .order_by("-taken_at")[:SHOWN],
            "is_unreached": Subscriber.objects.unreached().filter(pk=self.object.pk).exists(),
            "emails": [one for one in known_of(self.object.email) if one.kind == "Mail"],
            "may_change": policy.user_has_permission(self.request.user, "change"),
        }


class SubscriberIndexView(JudgedIndexView):
    @cached_property
    def tabs(self) -> list[Tab]:
        """The states, and those whom nothing reaches."""
        count = Subscriber.objects.unreached().count()
        is_current = self.request.GET.get("status") == UNREACHED
        tabs = [replace(tab, is_current=tab.is_current and not is_current) for tab in super().tabs]
        return [*tabs, Tab("Never reached", UNREACHED, count, is_current)]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        url = reverse("subscribers:import")
        button = Button("Bring a list along", url=url, icon_name="download", priority=10)
        return [*super().header_more_buttons, button]


class SubscriberViewSet(JudgedViewSet):
    model = Subscriber
    admin_url_namespace = "subscribers"
    base_url_path = "subscribers"
    icon = "group"
    menu_label = "Subscribers"
    menu_order = 220
    waiting_words = ("subscriber has not confirmed yet", "subscribers have not confirmed yet")
    forbidden_actions = ("change",)
    search_fields = ["email_key", "name"]
    index_view_class = SubscriberIndexView
    inspect_view_enabled = True
    inspect_view_class = SubscriberView
    list_display = [
        "email",
        "name",
        "status",
        DateColumn("subscribed_at", label="Asked"),
        DateColumn("confirmed_at", label="Confirmed"),
    ]
    list_filter = ["subscribed_at", "confirmed_at"]
    list_export = [
        *("email", "name", "status", "subscribed_at", "confirmed_at", "unsubscribed_at"),
        *("get_rhythm_display", "has_chosen_topics", "topic_slugs"),
    ]
    # As with_own_state reads them back
    export_headings = {
        "get_rhythm_display": "What they get",
        "has_chosen_topics": "Chose topics",
        "topic_slugs": "Topics",
    }
    export_filename = "subscribers"
    ordering = ["-subscribed_at"]
    edit_handler = ObjectList(
        [FieldPanel("email"), FieldPanel("name"), FieldPanel("source")],
        base_form_class=AddSubscriberForm,
    )

    def waiting(self) -> Any:
        return Subscriber.objects.filter(status=Status.UNCONFIRMED)

    def extra_waiting(self) -> Iterable[Waiting]:
        """Point out the subscribers whom no newsletter reaches."""
        count = Subscriber.objects.unreached().count()
        words = "on your list whom no newsletter reaches: refused each time"
        return [Waiting(count, words, f"{self.menu_url}?status={UNREACHED}")]

    def get_queryset(self, request: HttpRequest) -> Any:
        if request.GET.get("status") == UNREACHED:
            found = Subscriber.objects.unreached()
        else:
            found = super().get_queryset(request)
        return found.prefetch_related("topics") if "export" in request.GET else found

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<number:pk>/block/", require_admin_access(set_block), name="block"),
            path("import/", require_admin_access(choose_file), name="import"),
            path("import/<number:pk>/", require_admin_access(show_import), name="import_of"),
        ]


@require_POST
def set_block(request: HttpRequest, pk: int) -> HttpResponse:
    """Blocks an address, or with `lift` lifts its block."""
    if not ModelPermissionPolicy(Subscriber).user_has_permission(request.user, "change"):
        raise PermissionDenied
    subscriber = get_object_or_404(Subscriber, pk=pk)
    if "lift" in request.POST:
        unblock(subscriber, request.user)
        messages.success(request, "The block is lifted: this person may subscribe again.")
    else:
        block(subscriber, request.user)
        messages.success(request, "Blocked: nothing goes to this address any more.")
    return redirect("subscribers:inspect", pk)


class SubscriberAction(ChangeStateAction):
    """Abstract: does to each ticked address what a function does to one."""

    models = [Subscriber]

    @classmethod
    def settle(cls, subscriber: Subscriber, user: Any) -> None:
        raise NotImplementedError

    @classmethod
    def change_state(cls, entries: Any, user: Any) -> int:
        for subscriber in entries:
            cls.settle(subscriber, user)
        return len(entries)


class LetInAction(SubscriberAction):
    display_name = "Not spam: ask to confirm"
    action_type = "let_in"
    aria_label = "Send the ticked addresses the mail to confirm"
    action_priority = 10
    changed_words = "asked to confirm"

    @classmethod
    def settle(cls, subscriber: Subscriber, user: Any) -> None:
        if subscriber.status == Status.HELD:
            let_in(subscriber, user)


class BlockAction(SubscriberAction):
    display_name = "Block"
    action_type = "block"
    aria_label = "Block the ticked addresses"
    action_priority = 20
    changed_words = "blocked: nothing goes to them any more"

    @classmethod
    def settle(cls, subscriber: Subscriber, user: Any) -> None:
        block(subscriber, user)


class BouncedAction(SubscriberAction):
    display_name = "Mail came back"
    action_type = "bounced"
    aria_label = "Mark the ticked addresses as unreachable"
    action_priority = 30
    changed_words = "marked: their mail came back, nothing more goes there"

    @classmethod
    def settle(cls, subscriber: Subscriber, user: Any) -> None:
        came_back(subscriber.email, "so you say", user=user)


class ComplainedAction(SubscriberAction):
    display_name = "Called it spam"
    action_type = "complained"
    aria_label = "Mark the ticked addresses as having complained"
    action_priority = 40
    changed_words = "marked: they complained, nothing more goes there"

    @classmethod
    def settle(cls, subscriber: Subscriber, user: Any) -> None:
        complained(subscriber.email, "so you say", user=user)
