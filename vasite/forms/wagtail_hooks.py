from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from wagtail import hooks

from vasite.forms.drafts import keep
from vasite.forms.erasing import erase_stray_emails
from vasite.forms.submissions import Judged


@hooks.register("register_admin_urls")
def draft_urls() -> list[Any]:
    return [path("reply-drafts/<str:kind>/<int:pk>/", keep, name="keep_reply_draft")]


@hooks.register("insert_global_admin_js")
def keep_drafts_while_typing() -> str:
    return format_html('<script type="module" src="{}"></script>', static("js/reply_drafts.js"))


@hooks.register("after_delete_snippet")
def leave_no_emails(request: HttpRequest, instances: Iterable[Any]) -> None:
    """Delete the emails of people of whom the last message was deleted, one or many."""
    for email in {str(getattr(one, "email", "")) for one in instances if isinstance(one, Judged)}:
        erase_stray_emails(email)
