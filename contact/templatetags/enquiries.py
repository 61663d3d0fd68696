"""`{% enquiry_form service %}`: what other apps' templates ask of this one."""

from __future__ import annotations

from typing import Any

from django import template

from contact.models import ContactPage
from services.models import ServicePage

register = template.Library()


@register.inclusion_tag("components/enquiry.html")
def enquiry_form(service: ServicePage) -> dict[str, Any]:
    """The enquiry form set to a service; nothing while there is no contact page.

    A faulty one comes back on the contact page, with all that was typed.
    """
    page = ContactPage.objects.live().first()
    if page is None:
        return {"form": None}
    return {"form": page.make_form(initial={"service": service.slug})}
