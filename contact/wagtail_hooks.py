from wagtail import hooks
from wagtail.snippets.models import register_snippet

from contact.admin import EnquiryViewSet, MarkAnsweredAction, MarkSpamEnquiryAction

register_snippet(EnquiryViewSet)
for action in (MarkAnsweredAction, MarkSpamEnquiryAction):
    hooks.register("register_bulk_action", action)
