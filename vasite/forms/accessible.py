"""Forms that everybody can fill in, rendered by crispy through templates/forms/."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac

from vasite.email_addresses import WHOLE_ADDRESS
from vasite.email_fields import EmailFormField

# Names that say nothing to a browser's autofill and much to a program that fills in all it sees.
TRAPS = ("website", "homepage", "weblink", "subject", "reference", "topic", "link", "comments")


class AccessibleForm(forms.Form):
    """A form with an id, plain field names, a button and a trap for robots.

    Markup after the GOV.UK Design System: label, hint and error tied to their field, and an
    error summary that links to each. The trap is a field that people don't see, of which name and
    place hang on the deployment's SECRET_KEY; what fills it in is set aside (never refused).
    """

    form_id = ""
    button = "Send"
    summary_title = "There is a problem"

    def __init__(self, *args: Any, action: str = "", is_focused: bool = True, **kwargs: Any):
        kwargs.setdefault("auto_id", f"{self.form_id}-%s")
        super().__init__(*args, **kwargs)
        self.is_focused = is_focused
        self.arrange()
        chance = salted_hmac("vasite.forms.trap", self.form_id).digest()
        places = list(self.fields)
        self.trap_name = TRAPS[chance[0] % len(TRAPS)]
        places.insert(chance[1] % len(places), self.trap_name)
        self.fields[self.trap_name] = TrapField()
        for field in self.fields.values():
            field.widget.attrs |= live_checks(field)
        self.helper = FormHelper()
        self.helper.form_id = self.form_id
        self.helper.form_action = action
        self.helper.layout = Layout(*places)
        self.use_required_attribute = False

    def arrange(self) -> None:
        """Readies the fields before the form is laid out."""

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get(self.trap_name))


def live_checks(field: forms.Field) -> dict[str, str]:
    """Gives what static/js/form_help.js checks while somebody writes, in the server's words."""
    checks = {}
    if field.required:
        checks["data-missing"] = str(field.error_messages["required"])
    if isinstance(field, EmailField):
        checks["data-mismatch"] = WHOLE_ADDRESS
    elif isinstance(field, forms.CharField) and field.max_length:
        checks |= {"data-limit": str(field.max_length), "data-called": called(field)}
    return checks


def called(field: forms.Field) -> str:
    """Return what a message calls a field."""
    label = str(field.label or "Your text")
    return label if label.startswith("Your ") else f"“{label}”"


def all_characters_came(text: str) -> None:
    """Refuses a text in which bytes that are no UTF-8 were replaced: it isn't what was sent."""
    if "\ufffd" in text:
        raise ValidationError("A character got lost on the way: look for “\ufffd” and retype it.")


class TrapField(forms.CharField):
    """Hidden from people by its place and from screen readers by `aria-hidden`."""

    is_trap = True

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
        super().__init__(label="Leave this empty", required=False, widget=widget)


class TypedField(forms.CharField):
    """Abstract: text that is taken whole, or comes back with its fault."""

    default_validators = [all_characters_came]

    def run_validators(self, value: Any) -> None:
        """Say of which field a text is too long, and how long it is."""
        if self.max_length and len(value) > self.max_length:
            raise ValidationError(
                f"{called(self)} must be {self.max_length:,} characters or fewer "
                f"(it has {len(value):,}).",
                code="max_length",
            )
        super().run_validators(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # The browser must not cut a pasted text off unseen: the server says what is too long.
        return {}


class LineField(TypedField):
    """One line of text: line ends, which could forge a mail's header, become blanks."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class EmailField(TypedField, EmailFormField):
    """An e-mail address, with the keyboard and autofill for one."""

    default_validators = []

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "E-mail address")
        kwargs.setdefault("error_messages", {})
        kwargs["error_messages"].setdefault("required", "Write your e-mail address.")
        kwargs.setdefault(
            "widget",
            forms.EmailInput(
                attrs={"autocomplete": "email", "spellcheck": "false", "inputmode": "email"}
            ),
        )
        super().__init__(**kwargs)


class LongTextField(TypedField):
    """Several lines of text up to `max_length` characters, said in the hint."""

    def __init__(self, *, max_length: int, rows: int = 7, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
        super().__init__(max_length=max_length, widget=widget, **kwargs)
