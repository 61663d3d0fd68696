from wagtail import hooks

from services.admin import ServiceViewSet

hooks.register("register_admin_viewset", ServiceViewSet)
