from wagtail.snippets.models import register_snippet

from vasite.mail.admin import OutboxViewSet

register_snippet(OutboxViewSet)
