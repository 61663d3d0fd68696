"""The readers' forms: subscribing and commenting."""

from __future__ import annotations

from django import forms

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
