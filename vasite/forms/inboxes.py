"""What the admin's inboxes share: a menu entry with its count, and changing a state at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet

from vasite.email_fields import address_contains
from vasite.forms.drafts import open_drafts
from vasite.forms.submissions import Submission


class InboxPermissionPolicy(ModelPermissionPolicy):
    """An inbox where `forbidden_actions` (of "add", "change", "delete") are done by nobody."""

    def __init__(self, model: type[models.Model], forbidden_actions: Iterable[str]) -> None:
        super().__init__(model)
        self.forbidden_actions = set(forbidden_actions)

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action not in self.forbidden_actions and super().user_has_permission(user, action)


class CountingMenuItem(MenuItem):
    """A menu entry that says how much waits: "Comments (2)"."""

    def __init__(self, label: str, url: str, *, viewset: InboxViewSet, **kwargs: Any) -> None:
        super().__init__(label, url, **kwargs)
        self.viewset = viewset

    def is_shown(self, request: HttpRequest) -> bool:
        return self.viewset.permission_policy.user_has_permission(request.user, "view")

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        count = self.viewset.waiting().count()
        label = f"{self.label} ({count})" if count else self.label
        return LinkMenuItem(
            self.name, label, self.url, icon_name=self.icon_name, attrs={"title": label}
        )


class UnchosenViewSet(SnippetViewSet):
    """A snippet viewset without choosers: they would list its entries to every editor.

    Wagtail's choosers ask for no permission, since pages refer to most snippets; to these none
    does.
    """

    def register_chooser_viewset(self) -> None:
        """Register none."""


class InboxViewSet(UnchosenViewSet):
    """A list in the admin's menu of what came in or waits to go out.

    `waiting` gives the queryset that the menu and the dashboard count; `waiting_words` says what
    it is ("comments wait for you"). Nobody writes its entries by hand, unless it says so.
    """

    forbidden_actions: tuple[str, ...] = ("add",)
    waiting_words: tuple[str, str] = ("waits", "wait")
    add_to_admin_menu = True
    copy_view_enabled = False
    list_per_page = 50
    all_viewsets: ClassVar[list[InboxViewSet]] = []

    def waiting(self) -> models.QuerySet[Any]:
        raise NotImplementedError

    @property
    def permission_policy(self) -> InboxPermissionPolicy:
        return InboxPermissionPolicy(self.model, self.forbidden_actions)

    @property
    def waiting_url(self) -> str:
        """The list's address, filtered to what waits where it has such a filter."""
        return str(self.menu_url)

    def get_menu_item(self, order: int | None = None) -> CountingMenuItem:
        return CountingMenuItem(
            self.menu_label,
            self.menu_url,
            viewset=self,
            name=self.menu_name,
            icon_name=self.menu_icon,
            order=order or self.menu_order,
        )

    def extra_waiting(self) -> Iterable[Waiting]:
        """Return what else the dashboard should point out."""
        return ()

    def on_register(self) -> None:
        super().on_register()
        self.all_viewsets.append(self)


@dataclass(frozen=True)
class Waiting:
    """A number of things that wait for the owner beside what an inbox counts in the menu."""

    count: int
    words: str
    url: str


@dataclass(frozen=True)
class Tab:
    """A state of an inbox's entries, as a link to those that are in it."""

    label: str
    value: str
    count: int
    is_current: bool


class Cell(Column):
    """A cell with a template of its own, which gets the entry as `instance`."""

    def __init__(self, name: str, *, template_name: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.cell_template_name = template_name

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return context | {"csrf_token": get_token(context["request"])}


class AddressSearchView(IndexView):
    """A list that is searched by email address as well, whatever case and alphabet it is in."""

    def search_queryset(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not self.is_searching:
            return queryset
        has_email = any(field.name == "email" for field in queryset.model._meta.fields)
        query = address_contains(self.search_query, has_email=has_email)
        for field in self.search_fields:
            if field != "email_key":
                query |= models.Q(**{f"{field}__icontains": self.search_query})
        return queryset.filter(query)


class JudgedIndexView(AddressSearchView):
    """A list with a tab for each state."""

    @cached_property
    def tabs(self) -> list[Tab]:
        viewset, field = self.model.snippet_viewset, self.model.set_aside_filter[0]
        counts = dict(
            self.model._default_manager.order_by()
            .values_list(field)
            .annotate(count=models.Count("pk"))
        )
        current = viewset.chosen_state(self.request)
        states = self.model._meta.get_field(field).choices
        tabs = [
            Tab(label, value, counts.get(value, 0), value == current) for value, label in states
        ]
        if not viewset.default_state:
            _, spam = self.model.set_aside_filter
            total = sum(tab.count for tab in tabs if tab.value != spam)
            tabs.insert(0, Tab("All but spam", "", total, not current))
        return tabs

    @cached_property
    def open_drafts(self) -> list[dict[str, Any]]:
        """The replies that were begun and not sent, each with its link."""
        if not issubclass(self.model, Submission):
            return []
        viewset = self.model.snippet_viewset
        return [
            {"draft": draft, "url": viewset.reply_url(draft.about_id)}
            for draft in open_drafts(self.request.user, self.model)
        ]

    def stream_csv(self, queryset: Any) -> Iterator[Any]:
        """Return the file's lines after a byte-order mark, by which Excel knows UTF-8."""
        yield "\ufeff"
        yield from super().stream_csv(queryset)


class JudgedViewSet(InboxViewSet):
    """The inbox of what came in by a form: a tab for each state, and the filter's reasons.

    Without a state in the address it shows `default_state`, or all but spam where that is empty
    or something is searched for.
    """

    index_view_class = JudgedIndexView
    index_results_template_name = "admin/inbox_results.html"
    delete_template_name = "admin/delete_message.html"
    default_state = ""
    # By LIKE: an index of words would cost a task for each message, in a flood as well
    search_backend_name = None

    def chosen_state(self, request: HttpRequest) -> str:
        field, _ = self.model.set_aside_filter
        asked = request.GET.get(field, "" if request.GET.get("q") else self.default_state)
        return asked if asked in dict(self.model._meta.get_field(field).choices) else ""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        state = self.chosen_state(request)
        if not state:
            return self.model.without_spam()
        return self.model._default_manager.filter(**{self.model.set_aside_filter[0]: state})

    def reply_url(self, pk: int) -> str:
        """Return where the reply to an entry is written."""
        return reverse(self.get_url_name("edit"), args=[pk])

    @property
    def untold_url(self) -> str:
        """Where the hour's mail about what waits leads to."""
        return str(self.menu_url)


class ChangeStateAction(SnippetBulkAction):
    """Abstract: gives the ticked entries, one or many, another value of their state."""

    template_name = "admin/change_state.html"
    state = ""
    changed_words = "changed"

    def check_perm(self, snippet: models.Model) -> bool:
        # By Django's permission: an inbox may forbid to edit what these actions still settle.
        policy = ModelPermissionPolicy(type(snippet))
        return bool(policy.user_has_permission(self.request.user, "change"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"display_name": self.display_name}

    @classmethod
    def change_state(cls, entries: models.QuerySet[Any], user: Any) -> int:
        """Gives the entries the state of this action and tells how many changed."""
        raise NotImplementedError

    @classmethod
    def execute_action(cls, objects: list[models.Model], **kwargs: Any) -> tuple[int, int]:
        if not objects:  # none that the user may change
            return 0, 0
        model = type(objects[0])
        keys = [entry.pk for entry in objects]
        user = kwargs["self"].request.user
        cls.change_state(model._default_manager.filter(pk__in=keys), user)
        return len(objects), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return f"{num_parent_objects} {self.changed_words}"
