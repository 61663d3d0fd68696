"""The form for a forgotten password, whose response tells nobody whether there is an account."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from wagtail.admin.forms.auth import PasswordResetForm
from wagtail.admin.views import account

from vasite.home.link_requests import TOO_MANY, request_link
from vasite.home.models import LinkRequest


class PasswordResetView(account.PasswordResetView):
    """Wagtail's form; the background worker looks for the account and sends the link."""

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        if not request_link(self.request, LinkRequest.Purpose.PASSWORD, email):
            form.add_error("email", TOO_MANY)
            return self.form_invalid(form)
        return redirect(self.get_success_url())
