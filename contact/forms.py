"""The enquiry form."""

from __future__ import annotations

from typing import Any

from django import forms

from services.models import ServicePage
from vasite.content.visibility import visible
from vasite.forms.accessible import AccessibleForm, EmailField, LineField, LongTextField

MESSAGE_LIMIT = 5000


class EnquiryForm(AccessibleForm):
    """What a visitor writes to the VA: `form#enquiry`."""

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
        help_text="If you would rather be rung.",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "inputmode": "tel"}),
    )
    service = forms.ModelChoiceField(
        label="What is it about?",
        queryset=ServicePage.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="Not sure yet, or something else",
        error_messages={"invalid_choice": "Choose one of the services, or leave it open."},
    )
    message = LongTextField(
        label="How can I help?",
        max_length=MESSAGE_LIMIT,
        help_text=f"A few sentences are enough; there is room for {MESSAGE_LIMIT:,} characters.",
        error_messages={"required": "Write a few words about what you need."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = visible(ServicePage.objects.all()).order_by("path")
        self.fields["service"].queryset = services  # type: ignore[attr-defined]
        if not services:
            self.fields["service"].widget = forms.HiddenInput()
        for name, limit in (("name", 100), ("phone", 40)):
            field = self.fields[name]
            field.widget.attrs.pop("maxlength", None)
            field.error_messages["max_length"] = f"Shorten this to {limit} characters."
