"""The links that are sent by email to who asked for them, where their address is known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.admin.views.account import PasswordResetView

from vasite.business.models import BusinessSettings
from vasite.forms.people import known_of
from vasite.home.accounts import AccountPasswordResetForm
from vasite.home.data_requests import make_token
from vasite.mail.letters import send_letter


def send_data_link(email: str) -> None:
    """Put the link to somebody's data into the outbox, if anything is kept of them."""
    known = known_of(email)
    if not known:
        return
    stored = known[0].email  # and never the address that a stranger typed
    business = BusinessSettings.load()
    path = reverse("your_data_of", args=[make_token(stored)])
    send_letter(
        "home/mail/your_data.html",
        {"url": f"{settings.SITE_URL}{path}"},
        subject=f"What {business.name} keeps of you",
        to=[stored],
        rate_limit="data_request",
    )


def send_password_link(email: str) -> None:
    """Put the link to a new password into the outbox, for each account with this address."""
    form = LimitedPasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=settings.SITE_HOST,
            email_template_name=PasswordResetView.email_template_name,
            subject_template_name=PasswordResetView.subject_template_name,
            use_https=settings.IS_HTTPS,
        )


class LimitedPasswordResetForm(AccountPasswordResetForm):
    """The form, whose emails count towards a limit."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        subject = "".join(render_to_string(subject_template_name, context).splitlines())
        message = EmailMessage(
            subject, render_to_string(email_template_name, context), from_email, [to_email]
        )
        message.rate_limit = "password_reset"
        message.send()
