from wagtail.snippets.models import register_snippet

from vasite.seo.admin import MissingAddressViewSet

register_snippet(MissingAddressViewSet)
