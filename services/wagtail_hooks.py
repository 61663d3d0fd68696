from wagtail import hooks

from services.admin import OffersGroup

hooks.register("register_admin_viewset", OffersGroup)
