"""The enquiry form as the VA arranges it: the fields that stay and questions of her own."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe
from wagtail import blocks
from wagtail.rich_text import expand_db_html

from vasite.content.datetimes import DateField
from vasite.forms.accessible import LineField, LongTextField
from vasite.forms.attachments import KINDS, AttachmentField

ANSWER_LIMIT = 2000
MENU_FROM = 8  # answers: from here on they fold into a menu
PARAGRAPH = re.compile(r"</?p[^>]*>")


class FieldBlock(blocks.StructBlock):
    """A field that every enquiry form has: she may word and move it."""

    label = blocks.CharBlock(max_length=120)
    hint = blocks.CharBlock(required=False, max_length=300)

    class Meta:
        label_format = "{label}"


class OpenFieldBlock(FieldBlock):
    """A field that every enquiry form has, and of which she says whether it may stay empty."""

    required = blocks.BooleanBlock(required=False, label="Has to be filled in")


class QuestionBlock(FieldBlock):
    """Abstract: a question of her own."""

    required = blocks.BooleanBlock(required=False, label="Has to be answered")

    def make_field(self, value: Any) -> forms.Field:
        """Gives the form's field for this question as it stands in the page."""
        raise NotImplementedError

    def wording(self, value: Any) -> dict[str, Any]:
        return {
            "label": value["label"],
            "help_text": value["hint"],
            "required": value["required"],
            "error_messages": {"required": f"Please answer: {value['label']}"},
        }


class TextQuestion(QuestionBlock):
    is_long = blocks.BooleanBlock(required=False, label="Room for several lines")

    def make_field(self, value: Any) -> forms.Field:
        if value["is_long"]:
            return LongTextField(max_length=ANSWER_LIMIT, rows=4, **self.wording(value))
        widget = forms.TextInput(attrs={"dir": "auto"})
        return LineField(max_length=200, widget=widget, **self.wording(value))

    class Meta:
        icon = "pilcrow"
        label = "Question"
        description = "Answered in words"


class ChoiceQuestion(QuestionBlock):
    options = blocks.ListBlock(
        blocks.CharBlock(max_length=120), min_num=2, max_num=50, label="Answers to choose from"
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if len(set(value["options"])) < len(value["options"]):
            fault = ValidationError("One of the answers is there twice.")
            raise blocks.StructBlockValidationError(block_errors={"options": fault})
        return value

    def make_field(self, value: Any) -> forms.Field:
        choices = [(option, option) for option in value["options"]]
        if len(choices) < MENU_FROM:
            return forms.ChoiceField(
                choices=choices, widget=forms.RadioSelect, **self.wording(value)
            )
        return forms.ChoiceField(choices=[("", "Choose one"), *choices], **self.wording(value))

    class Meta:
        icon = "radio-empty"
        label = "Choice"
        description = "One of several answers"


class ChoicesQuestion(ChoiceQuestion):
    def make_field(self, value: Any) -> forms.Field:
        return forms.MultipleChoiceField(
            choices=[(option, option) for option in value["options"]],
            widget=forms.CheckboxSelectMultiple,
            **self.wording(value),
        )

    class Meta:
        icon = "tick"
        label = "Several choices"
        description = "Any number of answers"


class DateQuestion(QuestionBlock):
    def make_field(self, value: Any) -> forms.Field:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        return DateField(widget=widget, **self.wording(value))

    class Meta:
        icon = "date"
        label = "Date"
        description = "A day"


class FileQuestion(QuestionBlock):
    kinds = blocks.MultipleChoiceBlock(
        choices=[(key, kind.name) for key, kind in KINDS.items()],
        default=list(KINDS),
        widget=forms.CheckboxSelectMultiple,
        label="What it may be",
    )

    def make_field(self, value: Any) -> forms.Field:
        return AttachmentField(kinds=value["kinds"], **self.wording(value))

    class Meta:
        icon = "doc-full"
        label = "File"
        description = "A file of up to 10 MB that only you can open"


class ConsentBlock(blocks.StructBlock):
    """A line that has to be ticked."""

    text = blocks.RichTextBlock(
        features=["link"], help_text="“I have read the privacy notice.” Others can’t send the form."
    )

    def make_field(self, value: Any) -> forms.Field:
        line = PARAGRAPH.sub(" ", expand_db_html(value["text"].source)).strip()
        return forms.BooleanField(
            label=mark_safe(line),  # noqa: S308 - Wagtail cleaned it when it was saved
            error_messages={"required": "Tick the box to send your message."},
        )

    class Meta:
        icon = "check"
        label = "Consent"
        description = "A line to tick, without which nothing is sent"


class EnquiryFormBlock(blocks.StreamBlock):
    """All fields in their order."""

    name = FieldBlock(icon="user")
    email = FieldBlock(icon="mail", label="E-mail address")
    phone = OpenFieldBlock(icon="mobile-alt", label="Telephone")
    service = OpenFieldBlock(
        icon="list-ul", label="Service", help_text="A menu of your services, where you have some."
    )
    message = FieldBlock(icon="edit")
    question = TextQuestion()
    choice = ChoiceQuestion()
    choices = ChoicesQuestion()
    date = DateQuestion()
    file = FileQuestion()
    consent = ConsentBlock()

    class Meta:
        collapsed = True
        max_num = 30
        block_counts = {
            name: {"min_num": 1, "max_num": 1}
            for name in ("name", "email", "phone", "service", "message")
        } | {"file": {"max_num": 3}, "consent": {"max_num": 1}}
