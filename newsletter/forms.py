"""The readers' forms: subscribing and commenting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from blog.models import Category
from newsletter.models import Subscriber
from vasite.forms.accessible import (
    AccessibleForm,
    EmailField,
    LineField,
    LongTextField,
)

COMMENT_LIMIT = 3000


class SubscribeForm(AccessibleForm):
    """`form#subscribe`."""

    form_id = "subscribe"
    button = "Subscribe"

    email = EmailField(
        label="Your e-mail address",
        help_text="You confirm by mail, and one click ends it.",
    )


class PreferencesForm(AccessibleForm):
    """What a subscriber wants to get, and by which name to be addressed."""

    form_id = "preferences"
    button = "Keep this"

    name = LineField(
        label="Your name",
        required=False,
        max_length=100,
        help_text="Letters then begin with your first name.",
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    rhythm = forms.ChoiceField(
        label="What you get",
        choices=Subscriber.Rhythm.choices,
        help_text="Letters come in any case.",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of them."},
    )
    topics = forms.ModelMultipleChoiceField(
        label="About",
        queryset=Category.objects.none(),
        required=False,
        help_text="Tick none, and you get all of them.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, offered: QuerySet[Category], **kwargs: Any) -> None:
        self.offered = offered
        super().__init__(*args, **kwargs)

    def arrange(self) -> None:
        self.fields["topics"].queryset = self.offered  # type: ignore[attr-defined]
        if not self.offered.exists():
            del self.fields["topics"]

    @property
    def wishes(self) -> dict[str, Any]:
        """What was chosen, by the names of the fields."""
        return {name: self.cleaned_data[name] for name in self.base_fields if name in self.fields}


class CommentForm(AccessibleForm):
    """`form#comment`."""

    form_id = "comment"
    button = "Send your comment"

    name = LineField(
        label="Your name",
        max_length=80,
        help_text="Shown beside your comment.",
        error_messages={"required": "Write your name, or the one you go by."},
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    email = EmailField(label="Your e-mail address", help_text="It will not be published.")
    comment = LongTextField(
        label="Your comment",
        max_length=COMMENT_LIMIT,
        rows=5,
        help_text=f"Up to {COMMENT_LIMIT:,} characters. It appears once it has been read.",
        error_messages={"required": "Write your comment."},
    )
    wants_answers = forms.BooleanField(
        label="Tell me by mail when somebody answers",
        required=False,
    )
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput())


class AnswerForm(AccessibleForm):
    """What the VA answers a comment with, in the admin and by the link of a notice."""

    form_id = "answer"
    button = "Publish your answer"

    answer = LongTextField(
        label="Your answer",
        max_length=COMMENT_LIMIT,
        rows=4,
        help_text="It appears below the comment, which is thereby approved.",
        error_messages={"required": "Write your answer."},
    )
