"""Fields for email addresses, in forms and in models, after the rules of vasite.email_addresses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from vasite.email_addresses import MAX_LENGTH, email_key, host_to_ascii, normalise_email, to_ascii


class EmailFormField(forms.EmailField):
    """An address as `normalise_email` returns it, or refused with its reason."""

    default_validators = []

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_LENGTH)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return normalise_email(text) if text else text


class EmailAddressField(models.EmailField):
    """An address that somebody types in the admin, kept as `normalise_email` returns it."""

    default_validators = []

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        text = normalise_email(value) if value else value
        return str(super().clean(text, model_instance))

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": EmailFormField, **kwargs})


class EmailKeyField(models.CharField):
    """The `email_key` of the row's `email`, written whenever the row is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_LENGTH, "editable": False, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = email_key(model_instance.email)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


def address_contains(text: str, *, has_email: bool = True) -> Q:
    """Return the condition that a row's address is a text, or holds it, as a person searches.

    Part of a domain that is not ASCII is looked for in `email`, whose domain is in small letters,
    if the model has it, and otherwise as far as it makes whole labels in `email_key`.
    """
    found = Q(pk__in=[])
    with suppress(ValidationError):  # a whole address, perhaps with what was copied along
        found |= Q(email_key__contains=to_ascii(text).lower())
    text = text.strip()
    if text.isascii():
        return found | Q(email_key__contains=text.lower())
    local, at, domain = text.rpartition("@")
    with suppress(ValidationError):
        key = host_to_ascii(domain)
        begin = f"{local}{at}".lower() if local.isascii() else " "  # no key has a space
        found |= Q(email_key__contains=f"{begin}{key}")
        if has_email:
            found |= Q(email_key__contains=begin, email__contains=f"{at}{idna.decode(key)}")
    return found
