from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from contact import admin
from contact.answering import note_what_was_sent
from vasite.mail.models import OutgoingMail

register_snippet(admin.EnquiryViewSet)
register_snippet(admin.SavedReplyViewSet)
for action in (
    admin.MarkAnsweredAction,
    admin.MarkWonAction,
    admin.MarkLostAction,
    admin.MarkSpamEnquiryAction,
    admin.TakeBackEnquiryAction,
):
    hooks.register("register_bulk_action", action)


@hooks.register("before_delete_snippet")
def remember_when_it_was_sent(request: HttpRequest, instances: Iterable[Any]) -> None:
    """Note on enquiries when their emails were sent before those are deleted from the outbox."""
    if any(isinstance(one, OutgoingMail) for one in instances):
        note_what_was_sent()
