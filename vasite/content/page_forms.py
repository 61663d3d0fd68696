"""The form by which a page is written: what can be settled without the writer stops nothing."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.models import Page

MAX_SLUG_LENGTH = 255


class ContentPageForm(WagtailAdminPageForm):
    """Choose a free address where the one wanted is another page's, or the title makes none.

    A title used before, or one such as "???", would otherwise stop autosave and publishing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if not slug and (title := self.cleaned_data.get("title")):
            kind = self.instance._meta.verbose_name
            slug = slugify(title, allow_unicode=True) or slugify(kind)
        self.chosen_slug = free_slug(slug, self.parent_page, self.instance) if slug else ""
        return self.chosen_slug

    def clean_go_live_at(self) -> Any:
        """Refuse a moment that is over: nobody would wait for it, but be published at once."""
        moment = self.cleaned_data["go_live_at"]
        if moment and "go_live_at" in self.changed_data and moment <= timezone.now():
            raise ValidationError("This time is over. Enter a later one, or none to publish now.")
        return moment

    def clean(self) -> dict[str, Any]:
        """Refuse a date on which a page would be taken down of which the owner must be told
        before what goes with it."""
        cleaned_data: dict[str, Any] = super().clean()
        if cleaned_data.get("expire_at") and self.instance.removal_warning:
            by_hand = "" if self.instance.must_stay else " Unpublish it yourself when it is time."
            self.add_error("expire_at", f"{self.instance.removal_warning}{by_hand}")
        return cleaned_data

    def get_field_updates_for_resave(self) -> list[tuple[str, str]]:
        """Show the chosen address in the editor after an autosave.

        Only where it is another than the one sent: the editor may have typed on since.
        """
        updates = list(super().get_field_updates_for_resave())
        name = self.add_prefix("slug")
        if self.data.get(name) and getattr(self, "chosen_slug", "") not in ("", self.data[name]):
            updates.append((name, self.chosen_slug))
        return updates


def free_slug(slug: str, parent: Page, page: Page) -> str:
    """Give the slug itself, or the first of "slug-2", "slug-3" … that no sibling has.

    `_slug_is_available` is what Wagtail's own form asks (read in 7.4).
    """
    endings = chain([""], (f"-{number}" for number in count(2)))
    candidates = (f"{slug[: MAX_SLUG_LENGTH - len(ending)]}{ending}" for ending in endings)
    return next(one for one in candidates if Page._slug_is_available(one, parent, page))


def wants_json(request: Any) -> bool:
    """Tell autosave, which a person doesn't read the answer of, from a pressed button."""
    return not request.accepts("text/html")
