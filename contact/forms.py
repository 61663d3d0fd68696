"""The enquiry form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from services.models import ServicePage
from vasite.content.visibility import visible
from vasite.forms.accessible import AccessibleForm, EmailField, LineField, LongTextField

MESSAGE_LIMIT = 5000


class ServiceSelect(forms.Select):
    """A menu that is not shown while it has no service; only showing it asks the database."""

    @property
    def is_hidden(self) -> bool:
        return not self.choices.queryset.exists()  # type: ignore[attr-defined]

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return SafeString() if self.is_hidden else super().render(*args, **kwargs)


class ServiceField(forms.ModelChoiceField):
    """A service, asked for only where there is one: a menu that is not shown can't be answered."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if self.queryset.exists() else None  # type: ignore[union-attr]


class EnquiryForm(AccessibleForm):
    """What a visitor writes to the VA: `form#enquiry`.

    Takes the fields as she arranged them (contact.blocks.EnquiryFormBlock); those that she may
    not take away are there in any case. Her own questions are called `question-` with their id.
    """

    form_id = "enquiry"
    button = "Send your message"

    name = LineField(
        label="Your name",
        max_length=100,
        error_messages={"required": "Write your name."},
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    email = EmailField(label="Your e-mail address", help_text="So that I can answer you.")
    phone = LineField(
        label="Your telephone number",
        required=False,
        max_length=40,
        error_messages={"required": "Write your telephone number."},
        help_text="If you would rather be rung.",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "inputmode": "tel"}),
    )
    service = ServiceField(
        label="What is it about?",
        queryset=ServicePage.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="Not sure yet, or something else",
        widget=ServiceSelect,
        error_messages={
            "invalid_choice": "Choose one of the services, or leave it open.",
            "required": "Choose what it is about.",
        },
    )
    message = LongTextField(
        label="How can I help?",
        max_length=MESSAGE_LIMIT,
        help_text=f"A few sentences are enough; there is room for {MESSAGE_LIMIT:,} characters.",
        error_messages={"required": "Write a few words about what you need."},
    )

    def __init__(self, *args: Any, arranged: Iterable[Any] = (), **kwargs: Any) -> None:
        self.arranged = arranged
        super().__init__(*args, **kwargs)

    def arrange(self) -> None:
        services = visible(ServicePage.objects.all()).order_by("path")
        self.fields["service"].queryset = services  # type: ignore[attr-defined]
        names = []
        for child in self.arranged:
            name = child.block_type
            if name in self.base_fields:
                field = self.fields[name]
                field.label, field.help_text = child.value["label"], child.value["hint"]
                field.required = field.required or child.value.get("required", False)
            else:
                name = f"question-{child.id}"
                self.fields[name] = child.block.make_field(child.value)
            names.append(name)
        self.order_fields(names)

    @property
    def asked(self) -> list[dict[str, str]]:
        """What was asked of a valid form, in order, with the answers to the VA's own questions."""
        asked = []
        for name, field in self.fields.items():
            if name == self.trap_name:
                continue
            entry = {"field": name, "question": strip_tags(str(field.label))}
            if name not in self.base_fields:
                entry["answer"] = in_words(self.cleaned_data[name])
            asked.append(entry)
        return asked

    @property
    def attachments(self) -> dict[str, UploadedFile]:
        """The files that came and may be taken, by the name of their field."""
        answers = self.cleaned_data.items()
        return {name: answer for name, answer in answers if isinstance(answer, UploadedFile)}

    def clean(self) -> None:
        if self.errors:
            for name, file in self.attachments.items():
                self.add_error(name, f"Choose “{file.name}” again: browsers don’t keep files.")


def in_words(answer: Any) -> str:
    """Gives an answer as the VA reads it."""
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if isinstance(answer, list):
        return ", ".join(answer)
    if isinstance(answer, date):
        return date_format(answer)
    return str(answer or "")
