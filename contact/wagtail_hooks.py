from wagtail import hooks
from wagtail.snippets.models import register_snippet

from contact.admin import (
    EnquiryViewSet,
    MarkAnsweredAction,
    MarkSpamEnquiryAction,
    TakeBackEnquiryAction,
)

register_snippet(EnquiryViewSet)
for action in (MarkAnsweredAction, MarkSpamEnquiryAction, TakeBackEnquiryAction):
    hooks.register("register_bulk_action", action)
