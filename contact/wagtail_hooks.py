from wagtail import hooks
from wagtail.snippets.models import register_snippet

from contact import admin

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
