"""Forms that everybody can fill in, rendered by crispy through templates/forms/."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.validators import EmailValidator


class AccessibleForm(forms.Form):
    """A form with an id, plain field names, a button and a trap for robots.

    Markup after the GOV.UK Design System: label, hint and error tied to their field, and an
    error summary that links to each. `website` is hidden from people; what fills it in is set
    aside as spam (never refused).
    """

    form_id = ""
    button = "Send"
    summary_title = "There is a problem"

    website = forms.CharField(
        label="Leave this empty",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, action: str = "", is_focused: bool = True, **kwargs: Any):
        kwargs.setdefault("auto_id", f"{self.form_id}-%s")
        super().__init__(*args, **kwargs)
        self.is_focused = is_focused
        self.helper = FormHelper()
        self.helper.form_id = self.form_id
        self.helper.form_action = action
        self.helper.layout = Layout(*(name for name in self.fields if name != "website"))
        self.use_required_attribute = False

    @property
    def looks_like_spam(self) -> bool:
        return bool(self.cleaned_data.get("website"))


class LineField(forms.CharField):
    """One line of text: line ends, which could forge a mail's header, become blanks."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class EmailField(forms.EmailField):
    """An e-mail address, with the keyboard and autofill for one."""

    default_validators = [EmailValidator("Write the address in full, such as name@example.co.uk.")]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "E-mail address")
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault("error_messages", {})
        kwargs["error_messages"].setdefault("required", "Write your e-mail address.")
        kwargs.setdefault(
            "widget",
            forms.EmailInput(
                attrs={"autocomplete": "email", "spellcheck": "false", "inputmode": "email"}
            ),
        )
        super().__init__(**kwargs)


def too_long(limit: int) -> str:
    """Gives the words for a text over its limit; Django fills in how long it is."""
    return f"Shorten this to {limit:,} characters: it has %(show_value)d."


class LongTextField(forms.CharField):
    """Several lines of text up to `max_length` characters, said in the hint."""

    def __init__(self, *, max_length: int, rows: int = 7, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
        super().__init__(max_length=max_length, widget=widget, **kwargs)
        # The browser must not cut a pasted text off unseen: the server says what is too long.
        self.error_messages["max_length"] = too_long(max_length)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}
