from wagtail import hooks
from wagtail.snippets.models import register_snippet

from vasite.mail.admin import CancelEmailsAction, OutboxViewSet, SendEmailsAction

register_snippet(OutboxViewSet)
for action in (SendEmailsAction, CancelEmailsAction):
    hooks.register("register_bulk_action", action)
