from wagtail import hooks
from wagtail.snippets.models import register_snippet

from newsletter.admin import (
    ApproveAction,
    CommentViewSet,
    MarkSpamCommentAction,
    RejectAction,
    SubscriberViewSet,
)

register_snippet(CommentViewSet)
register_snippet(SubscriberViewSet)
for action in (ApproveAction, RejectAction, MarkSpamCommentAction):
    hooks.register("register_bulk_action", action)
